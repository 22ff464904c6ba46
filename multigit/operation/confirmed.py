"""The run of a confirmed plan: journal, lock, execute, record, close, tell.

If it fails where the configuration asks for that, a roll-back answers it: an operation of its own,
with which the stage goes back to its last good release. It is planned while the first one has its
lock, and begins before that one is closed, so that the lock is passed on without a gap. A crash
leaves:

killed                           on disk                         what happens then
===============================  ==============================  =================================
while it is planned              the first one, unfinished       `continue` finishes that, and
                                                                 plans it again
once the first one is recorded   the first one, recorded         the next command closes that;
                                                                 nothing goes back
once the roll-back started       besides, the roll-back,         the next command closes the first
                                 unfinished                      one, and leaves its lock to the
                                                                 roll-back; `continue` takes it
                                                                 over, and rolls back
once the first one is closed     the roll-back, unfinished,      the same; `abandon` releases the
                                 with the lock of the first one  lock
once the roll-back has the lock  the roll-back, unfinished       as with any roll-back
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan, Result, State
from multigit.core.progress.holds import ends_in, hold_changes, hold_of, reached_in
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.locks import stages_changed
from multigit.core.progress.outcome import Report, cancelled, planned, refused
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.recovery.automatic import INTERRUPTED, not_rolled_back
from multigit.core.recovery.closed import after_undo
from multigit.core.reports.news import is_news
from multigit.core.values.agreement import BY_CONFIGURATION, Agreement
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event
from multigit.errors import InterruptedRunError, MultigitError, RefusedError, StoppedError
from multigit.operation.closing import close, last_step, record_once
from multigit.operation.interrupts import interrupt_on_hangup_and_term, note_interrupts
from multigit.operation.ports import OperationContext, OperationJournal, TakenLocks


@dataclass(frozen=True, slots=True)
class ConfirmedRun:
    """One confirmed plan, from its journal until people know how it ended.

    With a `journal` it is continued; `state` is how far it got before, and its flights are earlier
    pushes that may still be in flight.
    """

    context: OperationContext
    plan: Plan
    agreement: Agreement
    journal: OperationJournal | None = None
    state: OperationState = NOTHING_YET

    def carry_out(self) -> Report:
        """Run the plan, send notifications, and run what answers its failure."""
        undone = self._undone()
        self.context.keep_transcripts(self.plan.operation)
        journal = self.journal or self.context.journals.begin_journal(self.plan.operation)
        left: list[Problem] = []
        with self._interruptible(left):
            self._begin(journal)
            report, answer = self._run(journal, left)
        told = self._told(report, undone)
        if answer is None:
            return report
        return replace(report, rolled_back=answer.carry_out() if told else answer.cancel())

    def _undone(self) -> Operation | None:
        """Return the unfinished operation that this one undoes, if any."""
        journals, name = self.context.journals, self.plan.undoes
        return journals.read_journal(name)[1] if name in journals.unfinished() else None

    def _told(self, report: Report, undone: Operation | None = None) -> bool:
        """Notify people of the end; return False if that was interrupted. It is over anyway."""
        with suppress(KeyboardInterrupt):
            self._tell(report, undone)
            return True
        return False

    def _tell(self, report: Report, undone: Operation | None) -> None:
        """Notify people of the end of this operation, and of the one that it undid."""
        people = self.context.notifications
        if is_news(self.plan) and report.result is Result.CANCELLED:
            people.announce(report, Event.FAILED)
        elif is_news(self.plan):
            people.ended(report)
        if undone and report.result is Result.DONE and is_news(undone.plan):
            people.announce(after_undo(undone, report), Event.FAILED)

    @contextmanager
    def _interruptible(self, left: list[Problem]) -> Iterator[None]:
        """Turn an interrupt into an error that says what is unfinished, and which locks are left.

        The operation is over once it is recorded, and unfinished until then.
        """
        context, operation = self.context, self.plan.operation
        try:
            yield
        except KeyboardInterrupt:
            note_interrupts()  # what is said next must not be cut off
            if operation in context.journals.unfinished() or context.log.holds(operation):
                locks = [problem.message for problem in left]
                pushes = any(repo.updates() for repo in self.plan.planned())
                raise InterruptedRunError(operation, locks, pushes=pushes) from None
            raise

    def _begin(self, journal: OperationJournal) -> None:
        """Write down what is about to be done.

        The journal starts before the lock is taken, so `multigit continue` knows of everything that
        a crash leaves behind.
        """
        plan, actor, progress = self.plan, self.context.actor(self.plan), self.state.repos
        begun = Entry(EntryKind.BEGUN, plan, actor, self.agreement, progress=progress, counts=True)
        journal.write(begun)

    def _run(self, journal: OperationJournal, left: list[Problem]) -> tuple[Report, _Answer | None]:
        """Lock, execute, record, release the lock, close; return the report, and what answers it.

        A lock is kept while a push may still succeed. Problems with releasing locks are added to
        `left`.
        """
        context, plan, actor = self.context, self.plan, self.context.actor(self.plan)
        answer: _Answer | None = None
        with ExitStack() as lock:
            taken: TakenLocks | None = None
            try:
                hold = hold_of(plan, actor, context.utc_now())
                taken = lock.enter_context(context.locks.hold(plan, actor, left.append, hold))
                if hold:
                    taken.hold(plan.target, hold)
            except StoppedError:
                report = cancelled(self._planned(), interrupted=True)
            except MultigitError as error:
                report = refused(self._planned(), Problem.of(error))
            else:
                report = self._with_answer(self._locked_in(journal, taken, hold))
            interrupted = note_interrupts()
            nothing_done = report.result in {Result.BLOCKED, Result.CANCELLED}
            if is_news(plan) and not nothing_done:  # before the record: an end that is noted there
                context.notifications.count(report, self.state, journal)
            stays_open = report.unfinished or (self.journal is not None and nothing_done)
            problem = None if stays_open else last_step(lambda: self._record(report))
            if report.rolled_back and taken and not problem:
                report, answer = self._begin_answer(report, report.rolled_back.plan, interrupted)
                taken.pass_on(stages_changed(answer.run.plan) if answer else ())
        if not stays_open and not problem:
            problem = last_step(journal.close)
        if problem:
            report = replace(report, result=Result.PAUSED, problems=(problem,), rolled_back=None)
        interrupt = report.interrupted or (interrupted() and not answer)
        problems = (*report.problems, *left)
        return replace(report, interrupted=interrupt, problems=problems), answer

    def _planned(self) -> Report:
        return planned(self.plan, self.state)

    def _record(self, report: Report) -> None:
        record_once(self.context, report, self.agreement)

    def _locked_in(self, journal: OperationJournal, taken: TakenLocks, hold: Hold | None) -> Report:
        """Execute the plan; keep its locks while one of its pushes may still succeed.

        The operation is unfinished then, and the command that finishes it releases the locks. Its
        hold then says what it did not see end.
        """
        try:
            report = self._execute(journal)
        except BaseException:  # such as Ctrl-C
            if self._may_arrive():
                taken.keep()
            raise
        if report.count(State.UNKNOWN):
            taken.keep()
        ends = ends_in(report)
        if hold:
            taken.release_hold(hold.stage, hold.after(ends))
        for stage, rest in hold_changes(self.plan, reached_in(report), ends).items():
            taken.release_hold(stage, rest)
        return report

    def _may_arrive(self) -> bool:
        try:
            return bool(self.context.journals.read_journal(self.plan.operation)[1].state.flights)
        except MultigitError:  # unknown: assume so
            return True

    def _execute(self, journal: OperationJournal) -> Report:
        """Notify people of the start of a new operation, and execute the plan."""
        resuming = self.journal is not None
        if not resuming and is_news(self.plan):
            try:
                self.context.notifications.announce(self._planned(), Event.STARTED)
            except KeyboardInterrupt:
                return cancelled(self._planned(), interrupted=True)
        return self.context.execute(self.plan, journal, resuming=resuming, state=self.state)

    def _with_answer(self, report: Report) -> Report:
        """Return the report with the roll-back that is to answer it, or why there is none.

        With one, the operation is over: what is left of it is not to be done any more.
        """
        try:
            found = self.context.answer_failure(report)
        except KeyboardInterrupt:
            found = not_rolled_back(report, INTERRUPTED)
            report = replace(report, interrupted=True)
        if isinstance(found, Problem):
            return replace(report, problems=(*report.problems, found))
        return replace(report, closed=True, rolled_back=planned(found)) if found else report

    def _begin_answer(
        self, report: Report, plan: Plan, interrupted: Callable[[], bool]
    ) -> tuple[Report, _Answer | None]:
        """Begin the journal of the roll-back; return the report without it if that fails."""
        run = ConfirmedRun(self.context, plan, BY_CONFIGURATION)
        why = INTERRUPTED if interrupted() else ""
        if not why:
            try:
                journal = self.context.journals.begin_journal(plan.operation)
                run._begin(journal)
            except RefusedError as error:
                why = error.message
            else:
                return report, _Answer(run, journal, interrupted)
        problems = (*report.problems, not_rolled_back(report, why))
        return replace(report, rolled_back=None, problems=problems), None

    def run_begun(self, journal: OperationJournal) -> Report:
        """Show and run a plan whose journal is started already, and send notifications."""
        left: list[Problem] = []
        self.context.keep_transcripts(self.plan.operation)
        with self._interruptible(left):
            self.context.screen.plan(self._planned())
            report, _ = self._run(journal, left)
        self._told(report)
        return report


@dataclass(frozen=True, slots=True)
class _Answer:
    """A roll-back that has its journal, and not its lock yet; `interrupted` says if Ctrl-C came."""

    run: ConfirmedRun
    journal: OperationJournal
    interrupted: Callable[[], bool]

    def carry_out(self) -> Report:
        """Run it; return its report."""
        context, plan = self.run.context, self.run.plan
        if self.interrupted():
            return self.cancel()
        interrupt_on_hangup_and_term()
        report = self.run.run_begun(self.journal)
        if report.result not in {Result.BLOCKED, Result.CANCELLED}:
            return report
        changed = hold_changes(plan, reached_in(report))  # the lock was never taken over
        left = context.locks.release(plan, changed)
        return replace(report, problems=(*report.problems, *left))

    def cancel(self) -> Report:
        """Close it before it did anything, and release the lock that was passed on to it."""
        report = cancelled(planned(self.run.plan), interrupted=True)
        report = close(self.run.context, report, self.journal, self.run.agreement)
        return replace(report, interrupted=True)
