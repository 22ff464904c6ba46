"""An operation, from its plan until it ends: show, ask, and run what was confirmed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto

from multigit.core.planning.consent import Consent, missing_consent
from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Report, cancelled, ended, planned, refused
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.reports.news import is_news
from multigit.core.values.agreement import Agreement
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError
from multigit.operation.asking import (
    Doubts,
    HeldStage,
    accepts_doubts,
    agree,
    message_for,
    releases_hold,
)
from multigit.operation.closing import append, close
from multigit.operation.confirmed import ConfirmedRun
from multigit.operation.ports import OperationContext, OperationJournal
from multigit.operation.wording import Wording
from multigit.phrase import Phrase

UNCHANGED = " Nothing was changed."


class Show(Enum):
    """What is still to be shown of a report."""

    NOTHING = auto()  # the plan was shown and says everything
    PLAN = auto()
    SENTENCE = auto()
    REPORT = auto()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what is still to be shown of it."""

    report: Report
    show: Show = Show.REPORT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """All that a command did was close an operation that already had its record."""

    command: str
    operation: str


@dataclass(frozen=True, slots=True)
class OperationRun:
    """One operation, from its plan until it ends. With a `journal` it is continued.

    With an `agreement` to the plan nothing is asked; with a `wording` the plan has no message yet.
    With `doubts` it is the plan for a person who accepts them, and if its target is `held` the plan
    for one who releases that. `state` is how far it got before;
    its flights are earlier pushes that may still be in flight.
    """

    context: OperationContext
    plan: Plan
    consent: Consent
    journal: OperationJournal | None = None
    agreement: Agreement | None = None
    state: OperationState = NOTHING_YET
    wording: Wording | None = None
    doubts: Doubts | None = None
    held: HeldStage | None = None

    def carry_out(self) -> Ended:
        """Show the plan, ask for confirmation, run it, record it, send notifications."""
        report = self._planned()
        self.context.screen.plan(report)
        if is_news(self.plan):
            self.context.notifications.check()
        if self.consent.dry_run or report.result is Result.NOTHING:
            return Ended(report, Show.NOTHING)
        report = self._decide()
        if report.result not in {Result.BLOCKED, Result.CANCELLED}:
            return Ended(report)
        more = report.problems or report.result is Result.CANCELLED
        return Ended(report, Show.SENTENCE if more else Show.NOTHING)

    def refuse(self, problem: Problem) -> Ended:
        """Record why nothing in the plan can be done."""
        report = refused(self._planned(), problem)
        if not self.consent.dry_run:
            self.context.journals.require_writable()
            self._not_begun(report)
        return Ended(report, Show.PLAN)

    def leave(self, problem: Problem) -> Ended:
        """Report that there is nothing to do, and why. That is not an operation."""
        return Ended(replace(self._planned(), problems=(problem,)), Show.SENTENCE)

    def finish(self, journal: OperationJournal, attempt: Operation) -> Ended:
        """Record and close an operation that has nothing left to do, and send notifications.

        `attempt` is how the last attempt left it: it was stopped before it could report the end.
        """
        report, news = ended(self.plan, (), self.state), is_news(attempt.plan)
        if news:
            self.context.notifications.count(report, attempt.before, journal)
        report = close(self.context, report, journal, self.agreement)
        if news:
            with suppress(KeyboardInterrupt):  # it is over, with or without notifications
                self.context.notifications.ended(report)
        return Ended(report)

    def _planned(self) -> Report:
        return planned(self.plan, self.state)

    def _decide(self) -> Report:
        self.context.journals.require_writable()
        if self.plan.result is Result.BLOCKED:
            return self._not_begun(self._planned())
        interactive = self.context.screen.interactive
        missing = missing_consent(self.plan, self.consent, interactive=interactive)
        if missing and not self.agreement:
            return self._not_begun(refused(self._planned(), missing))
        if self.held or self.doubts or self.wording:
            return self._asked_first()
        agreement = self.agreement or agree(
            self._planned(), self.consent, self.context.screen, self.context.actor(self.plan)
        )
        if isinstance(agreement, Report):
            return self._not_begun(agreement)
        plan = self.context.locks.pinned(self.plan)
        return ConfirmedRun(self.context, plan, agreement, self.journal, self.state).carry_out()

    def _asked_first(self) -> Report:
        """Ask what has to be known before the plan is confirmed, and decide about it with that."""
        if self.held:
            return self._released(self.held)
        if self.doubts:
            return self._doubted(self.doubts)
        return self._worded(self.wording) if self.wording else self._decide()

    def _released(self, held: HeldStage) -> Report:
        """Ask whether to release the hold of the target, which --yes does not decide."""
        try:
            if not releases_hold(self.context.screen, held):
                return self._not_begun(cancelled(self._planned(), interrupted=False))
        except KeyboardInterrupt:
            return self._not_begun(cancelled(self._planned(), interrupted=True))
        except EOFError:  # the terminal went away
            problem = replace(held.problem, message=Phrase(held.problem.message, UNCHANGED))
            return self._not_begun(refused(self._planned(), problem))
        return replace(self, plan=held.released_in(self.plan), held=None)._decide()  # noqa: SLF001

    def _doubted(self, doubts: Doubts) -> Report:
        """Ask whether to deploy beside what may be running, which --yes does not decide."""
        try:
            if accepts_doubts(self.context.screen, self.plan.target, doubts):
                plan = doubts.accepted_in(self.plan)
            else:
                plan = replace(doubts.declined(), accepted=self.plan.accepted)
                if self.journal is None:  # it leaves something out; what is continued looks alike
                    self.context.screen.plan(planned(plan))
        except KeyboardInterrupt:
            return self._not_begun(cancelled(self._planned(), interrupted=True))
        return replace(self, plan=plan, doubts=None)._decide()  # noqa: SLF001

    def _worded(self, wording: Wording) -> Report:
        """Ask for the message that the plan lacks, and decide about the plan with it."""
        message = message_for(self._planned(), self.context.screen, wording.stage)
        if isinstance(message, Report):
            return self._not_begun(message)
        try:
            plan = wording.reword(self.plan, message)
        except KeyboardInterrupt:
            return self._not_begun(cancelled(self._planned(), interrupted=True))
        except MultigitError as error:
            return self._not_begun(refused(self._planned(), Problem.of(error)))
        return replace(self, plan=plan, wording=None)._decide()  # noqa: SLF001

    def _not_begun(self, report: Report) -> Report:
        """Record a new operation that ends before it started; a resumed one stays unfinished."""
        if self.journal is None:
            append(self.context, report, self.agreement)
        return report
