"""From a plan to its end: show it, ask, run it, record it, show what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from multigit.adapters.files.journal import Journal
from multigit.adapters.system import clock as moments
from multigit.core.planning.consent import (
    Consent,
    given_by_option,
    missing_consent,
    ticked_by_option,
)
from multigit.core.planning.plan import Plan, Result, State
from multigit.core.progress.journal import Entry, Kind, Story
from multigit.core.progress.outcome import Report, cancelled, ended, planned, refused
from multigit.core.records.record import record
from multigit.core.records.tag_anchors import trailer
from multigit.core.recovery.resume import after_undo
from multigit.core.reports.metrics import known_to_plan
from multigit.core.reports.report import document
from multigit.core.values.agreement import Actor, Agreement, Given, Ticks
from multigit.core.values.flight import Flight
from multigit.core.values.listener import Listener
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm, named_in
from multigit.engine.deploy import Deployer
from multigit.engine.execute import Executor
from multigit.engine.update import Updater
from multigit.errors import InterruptedRunError, MultigitError, RefusedError, StoppedError
from multigit.hints import Hint
from multigit.operation.deploy_checks import foreseen
from multigit.operation.interrupts import note_interrupts
from multigit.operation.notifications import (
    Waits,
    check_addresses,
    is_news,
    tell_begun,
    tell_ended,
    tell_given_up,
)
from multigit.operation.session import Session
from multigit.operation.stage_locks import Keep, give_back, kept_in_doubt, locked, with_lock_repo

TRANSCRIPTS = 3  # of what failed are named


def conduct(session: Session, plan: Plan, consent: Consent) -> int:
    """Take a new operation from its plan to its end; return the exit code."""
    return Conductor(session, foreseen(session, plan), consent).conduct()


def conduct_pull(session: Session, plan: Plan, *, dry_run: bool) -> int:
    """Carry out a pull, which publishes nothing and asks nothing; return the exit code."""
    report = planned(plan)
    if plan.planned() and not dry_run:
        with session.screen.progress() as progress:
            report = Updater(session.git, session.workspace, plan, progress, session.jobs).run()
    session.screen.pull(report)
    session.screen.document(document(report))
    return report.exit_code


@dataclass(frozen=True, slots=True)
class Conductor:
    """Leads one operation. With a `journal` it was begun before and is continued.

    An `agreement` is to the plan as it stands: nothing is asked then. `flights` are the pushes of
    that time that may still be at work.
    """

    session: Session
    plan: Plan
    consent: Consent
    journal: Journal | None = None
    agreement: Agreement | None = None
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def conduct(self) -> int:
        """Show, ask, run, record, show."""
        screen = self.session.screen
        screen.plan(self.plan)
        report = planned(self.plan)
        if is_news(self.plan):
            check_addresses(self.session)
        if not self.consent.dry_run and report.result is not Result.NOTHING:
            report = self._decide()
            if report.result not in {Result.BLOCKED, Result.CANCELLED}:
                screen.report(report)
            elif report.problems or report.result is Result.CANCELLED:
                screen.sentence(report)
            name_transcripts(self.session, report)
        screen.document(document(report))
        return report.exit_code

    def refuse(self, problem: Problem) -> int:
        """Show the plan and why nothing of it can be done, and record that."""
        session, report = self.session, refused(self.plan, problem)
        if not self.consent.dry_run:
            session.files.require_writable()
            self._stopped(report)
        session.screen.plan(self.plan, report)
        session.screen.document(document(report))
        return report.exit_code

    def leave(self, problem: Problem) -> int:
        """Say why there is nothing to do; that is no operation."""
        report = replace(planned(self.plan), problems=(problem,))
        self.session.screen.sentence(report)
        self.session.screen.document(document(report))
        return report.exit_code

    def _decide(self) -> Report:
        """Return how it ended: blocked, refused, cancelled, or run."""
        self.session.files.require_writable()
        if self.plan.result is Result.BLOCKED:
            return self._stopped(planned(self.plan))
        agreement = self.agreement or self._agree()
        if isinstance(agreement, Report):
            return self._stopped(agreement)
        taken_back = self._taken_back()
        plan = with_lock_repo(self.session, self.plan)
        report = replace(self, plan=plan, agreement=agreement).run()
        with suppress(KeyboardInterrupt):  # it is over, whoever hears of it
            self._tell(report, taken_back)
        return report

    def _agree(self) -> Agreement | Report:
        """Return how the plan is agreed to, or how it ends because nobody does."""
        plan, consent, screen = self.plan, self.consent, self.session.screen
        missing = missing_consent(plan, consent, interactive=screen.interactive)
        if missing:
            return refused(plan, missing)
        given, ticks = given_by_option(plan, consent), ticked_by_option(plan, consent)
        try:
            if given is None:
                given = Given.TERMINAL
                if ticks is Ticks.NOT_TICKED and not self._tick():
                    return cancelled(plan, interrupted=False)
                ticks = Ticks.TICKED if ticks is Ticks.NOT_TICKED else ticks
                if not self._ask():
                    return cancelled(plan, interrupted=False)
        except KeyboardInterrupt:
            return cancelled(plan, interrupted=True)
        except EOFError:  # the terminal went away
            missing = missing_consent(plan, consent, interactive=False)
            return refused(plan, missing) if missing else cancelled(plan, interrupted=False)
        if ticks in {Ticks.NOT_TICKED, Ticks.BY_OPTION}:
            how = "confirmed by option" if ticks is Ticks.BY_OPTION else "not ticked"
            screen.note(f"Checklist {how}: {'; '.join(plan.checklist)}.")
        return Agreement(given, ticks, None if given is Given.NOT_REQUIRED else self._actor())

    def _taken_back(self) -> Story | None:
        """Return the story of the unfinished operation that this one takes back."""
        files = self.session.files
        unfinished = self.plan.undoes in files.unfinished()
        return files.read_journal(self.plan.undoes)[1] if unfinished else None

    def _tell(self, report: Report, taken_back: Story | None) -> None:
        """Tell how this operation ended, and that the one which it took back did."""
        if is_news(self.plan) and report.result is Result.CANCELLED:
            tell_given_up(self.session, report)
        elif is_news(self.plan):
            tell_ended(self.session, report, known_to_plan(self.plan))
        if taken_back and report.result is Result.DONE and is_news(taken_back.plan):
            tell_given_up(self.session, after_undo(taken_back, report))

    def finish(self, journal: Journal, begun: Plan) -> int:
        """End an operation of which nothing is left to do: record it, close it, tell it.

        `begun` is the plan of the attempt that did the last of it and could not tell any more.
        """
        report = self.close(ended(self.plan, ()), journal)
        if is_news(begun):
            with suppress(KeyboardInterrupt):  # it is over, whoever hears of it
                tell_ended(self.session, report, known_to_plan(begun))
        self.session.screen.report(report)
        self.session.screen.document(document(report))
        return report.exit_code

    def run(self) -> Report:
        """Run the plan. It is over when the log holds it, and stays open when it can go on."""
        session = self.session
        session.git.keep_transcripts(session.files.operation(self.plan.operation))
        journal = self.journal or Journal.begin(session.files.operations, self.plan.operation)
        left: list[Problem] = []
        try:
            return self._run(journal, left)
        except KeyboardInterrupt:
            note_interrupts()  # what is to be said now must be said
            files, operation = session.files, self.plan.operation
            if operation in files.unfinished() or files.log.holds(operation):
                locks = [problem.message for problem in left]
                raise InterruptedRunError(operation, locks) from None
            raise

    def _run(self, journal: Journal, left: list[Problem]) -> Report:
        """Run between the journal's first entry and its end, and hold the lock in between.

        It is kept where a push may still arrive. So whatever a crash leaves of it, also a lock, is
        known to `multigit continue`. What stays of locks is added to `left`.
        """
        begun = Entry(Kind.BEGUN, self.plan, self._actor(), agreement=self.agreement)
        journal.write(begun)
        session, plan = self.session, self.plan
        with ExitStack() as lock:
            try:
                keep = lock.enter_context(locked(session, plan, self._actor(), left.append))
            except StoppedError:
                report = cancelled(plan, interrupted=True)
            except MultigitError as error:
                report = refused(plan, Problem.of(error))
            else:
                report = self._locked_in(keep, journal)
            interrupted = note_interrupts()
            nothing_done = report.result in {Result.BLOCKED, Result.CANCELLED}
            goes_on = self.journal is not None and nothing_done  # it can still be continued
            over = not goes_on and not report.unfinished
            problem = _last_step(lambda: self._record(report)) if over else None
        if over and not problem:
            problem = _last_step(journal.close)
        if problem:
            report = replace(report, result=Result.PAUSED, problems=(problem,))
        return replace(
            report,
            interrupted=report.interrupted or interrupted(),
            problems=(*report.problems, *left),
        )

    def _locked_in(self, keep: Keep, journal: Journal) -> Report:
        """Tell people that it begins, and execute it, while the lock is held."""
        if not self._told():
            return cancelled(self.plan, interrupted=True)
        return kept_in_doubt(lambda: self._execute(journal), keep, self.session, self.plan)

    def _told(self) -> bool:
        """Tell people that a new operation begins; False when somebody wants to leave meanwhile."""
        if self.journal is not None or not is_news(self.plan):
            return True
        try:
            tell_begun(self.session, planned(self.plan))
        except KeyboardInterrupt:
            return False
        return True

    def put_away(self, journal: Journal) -> tuple[Problem, ...]:
        """Close an operation that the log holds, and give back the locks that it left behind.

        Returns what is to be said of locks that stay.
        """
        left = give_back(self.session, self.plan)
        journal.close()
        return left

    def _execute(self, journal: Journal) -> Report:
        session, waits = self.session, Waits(self.session, self.plan)
        with session.screen.progress() as progress:
            report = Executor(
                git=session.git,
                workspace=session.workspace,
                plan=self.plan,
                listener=progress,
                jobs=session.jobs,
                trailer=self._trailer(),
                journal=journal,
                again=self.journal is not None,
                deployer=self._deployer(journal, progress, waits),
                flights=self.flights,
            ).run()
        waits.say()
        return report

    def _deployer(self, journal: Journal, listener: Listener, waits: Waits) -> Deployer | None:
        """Return what deploys, where the plan says so; nothing of it is loaded otherwise."""
        if not any(repo.deploys() for repo in self.plan.repos):
            return None
        from multigit.adapters.http.health_probe import HttpProbe
        from multigit.adapters.system.clock import SystemClock

        runners = self.session.runners()
        clock, leave = SystemClock(), runners.leave
        probe = HttpProbe()
        return Deployer(
            self.plan,
            runners,
            probe,
            clock,
            journal,
            listener,
            leave,
            jobs=self.session.jobs,
            on_waiting=waits.tell,
        )

    def close(self, report: Report, journal: Journal) -> Report:
        """Record an operation that is not running, and close it; return what is to be shown."""
        interrupted = note_interrupts()
        self._record(report)
        problems = (*report.problems, *self.put_away(journal))
        return replace(report, problems=problems, interrupted=interrupted())

    def _record(self, report: Report) -> None:
        """Write the operation's one record, after that of the operation that it took back."""
        if self.plan.undoes and report.result is Result.DONE:
            self._close_undone(report)
        log = self.session.files.log
        if not log.holds(self.plan.operation):
            log.append(self._for_log(report))

    def _close_undone(self, undo: Report) -> None:
        """Close the unfinished operation that this one took back, with a record of its own."""
        if self.plan.undoes in self.session.files.unfinished():
            journal, story = self.session.files.read_journal(self.plan.undoes)
            undone = Conductor(self.session, story.plan, self.consent, journal, story.agreement)
            undone._record(after_undo(story, undo))
            undone.put_away(journal)

    def _stopped(self, report: Report) -> Report:
        """Record a new operation that ends before it began; one that goes on stays open."""
        if self.journal is None:
            self.session.files.log.append(self._for_log(report))
        return report

    def _for_log(self, report: Report) -> dict[str, Any]:
        """Return what the log keeps of the operation."""
        agreement = self.agreement or Agreement()
        return record(report, self._actor(), moments.utc_now(), agreement)

    def _tick(self) -> bool:
        from multigit.ui import prompts

        if not prompts.tick_all(self.plan.checklist):
            self.session.screen.note("Not every item of the checklist is ticked.")
            return False
        return True

    def _ask(self) -> bool:
        from multigit.ui import prompts

        if self.plan.confirm is not Confirm.NAME:
            return prompts.agree("Go on?")
        typed = prompts.type_word(self.plan.word, self.plan.command)
        if not typed:
            self.session.screen.note(f"That was not {self.plan.word}.")
        return typed

    def _actor(self) -> Actor:
        identities = (self.session.git.identity(repo.repo) for repo in self.plan.repos)
        return moments.actor(next(filter(None, identities), ""))

    def _trailer(self) -> str:
        """Return what each tag's message ends with: the operation, and where the log stood."""
        log = self.session.files.log
        return trailer(self.plan.operation, log.name(), log.head())


def _last_step(step: Callable[[], None]) -> Problem | None:
    """Take a step towards the end of an operation that is over; without room it stays open.

    Returns what kept it from being taken.
    """
    try:
        step()
    except RefusedError as error:
        return Problem(error.code, error.message, Hint.CONTINUE_WITH_ROOM)
    return None


def name_transcripts(session: Session, report: Report) -> None:
    """Say where the whole words lie of what failed: git's, and those of a deploying command."""
    told: list[str] = []
    here, root = Path.cwd(), session.workspace.root
    if report.result is Result.FAILED:
        where = session.files.operation(report.plan.operation)
        bad = (o.repo for o in report.outcomes if o.state in {State.FAILED, State.UNKNOWN})
        told += [f"What git said: {named_in(here, where / f'{repo}.log')}" for repo in bad]
    every = ((o.repo, d.sight.output) for o in report.outcomes for d in o.deployments)
    told += [
        f"What {repo}'s command said: {named_in(here, root / output)}"
        for repo, output in every
        if output
    ]
    for line in told[:TRANSCRIPTS]:
        session.screen.note(line)
