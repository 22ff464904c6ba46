"""The context of an operation in memory: journals, log, locks and people, which record each step.

Any step can fail, or kill the process. What was written remains, as files would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.progress.counts import ends
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.locks import lock_kept, stages_changed
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.progress.state import OperationState, ends_so_far
from multigit.core.records.record import Record
from multigit.core.values.agreement import Actor
from multigit.core.values.count import Count
from multigit.core.values.flight import Flight
from multigit.core.values.hold import NOTHING_ENDED, Ends, Hold
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event
from multigit.errors import LockedError, UsageError
from multigit.operation.ports import (
    NOTHING_CHANGES,
    Hear,
    OperationContext,
    OperationJournal,
    TakenLocks,
)

ADA = Actor("Ada <ada@example.com>", "ada", "laptop")
NOON = "2025-01-15T12:00:00Z"


class DiedError(BaseException):
    """The process was killed: none of its code runs after this."""


@dataclass
class Trail:
    """The steps in order; `fail` maps a step to the error that it raises."""

    steps: list[str] = field(default_factory=list)
    fail: dict[str, BaseException] = field(default_factory=dict)

    def __call__(self, step: str) -> None:
        """Record a step, and raise its error if it has one."""
        self.steps.append(step)
        if error := self.fail.get(step):
            raise error


@dataclass
class MemoryJournal:
    """The entries of one operation."""

    trail: Trail
    entries: list[Entry] = field(default_factory=list)
    is_open: bool = True

    def write(self, entry: Entry) -> None:
        """Keep an entry; if it fails, nothing is kept."""
        self.trail(f"write {entry.kind}")
        self.entries.append(entry)

    def note_counts(self, ends: Collection[Count], known: OperationState) -> frozenset[Count]:
        """Note what is counted now; return what was not counted before."""
        operation = Operation.from_entries(self.entries)
        noted = operation.state.counted if operation else None
        new = frozenset(ends) - (ends_so_far(known.repos) if noted is None else noted)
        if new:
            self.write(Entry(EntryKind.COUNTED, counted=tuple(new)))
        return new

    def close(self) -> None:
        """Close the operation."""
        self.trail("close")
        self.is_open = False


@dataclass
class MemoryLog:
    """Records in the order in which they were written."""

    trail: Trail
    records: list[Record] = field(default_factory=list)

    def holds(self, operation: str) -> bool:
        """Return whether an operation has a record."""
        return any(each.operation == operation for each in self.records)

    def append(self, record: Record) -> None:
        """Keep a record."""
        self.trail("record")
        self.records.append(record)


@dataclass
class MemoryJournals:
    """The journals of a workspace, by operation."""

    trail: Trail
    log: MemoryLog
    kept: dict[str, MemoryJournal] = field(default_factory=dict)

    def begin_journal(self, operation: str) -> MemoryJournal:
        """Return a new journal."""
        self.trail("begin")
        return self.kept.setdefault(operation, MemoryJournal(self.trail))

    def read_journal(self, operation: str) -> tuple[MemoryJournal, Operation]:
        """Return a journal and the operation in it."""
        journal = self.kept.get(operation)
        known = Operation.from_entries(journal.entries) if journal else None
        if journal is None or known is None:
            raise UsageError(f"no journal of {operation}")
        return journal, known

    def unfinished(self) -> tuple[str, ...]:
        """Return the operations that are open and not in the log."""
        return tuple(
            operation
            for operation, each in self.kept.items()
            if each.entries and each.is_open and not self.log.holds(operation)
        )

    def require_writable(self) -> None:
        """Record the call."""
        self.trail("writable")


@dataclass
class MemoryTaken:
    """The lock while an operation has it; `holds` change at once, or when it is released."""

    trail: Trail
    holds: dict[str, Hold]
    kept: bool = False
    passed: bool = False
    changed: dict[str, Hold | None] = field(default_factory=dict)

    def keep(self) -> None:
        """Keep the lock."""
        self.kept = True

    def pass_on(self, stages: Collection[str]) -> None:
        """Leave the lock to the operation that follows."""
        self.passed = bool(stages)

    def hold(self, stage: str, hold: Hold) -> None:
        """Hold a stage."""
        self.trail(f"hold {stage}")
        self.holds[stage] = hold
        self.changed.pop(stage, None)

    def release_hold(self, stage: str, rest: Hold | None = None) -> None:
        """Change a hold at the end."""
        self.changed[stage] = rest


@dataclass
class MemoryLocks:
    """One lock for all operations; `held` and `holds` outlive the process, as refs do."""

    trail: Trail
    held: set[str] = field(default_factory=set)
    holds: dict[str, Hold] = field(default_factory=dict)
    stays: tuple[Problem, ...] = ()

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan unchanged."""
        return plan

    @contextmanager
    def hold(
        self, plan: Plan, actor: Actor, hear: Hear, ahead: Hold | None = None
    ) -> Iterator[TakenLocks]:
        """Take the lock, and release it unless it is kept or the process dies."""
        assert actor.identity
        assert ahead is None or ahead.stage == plan.target
        self.trail("lock")
        if others := self.held - {plan.operation, plan.undoes, plan.answers}:
            raise LockedError(f"{', '.join(others)} has the lock.")
        self.held -= {plan.undoes, plan.answers}
        self.held.add(plan.operation)
        taken = MemoryTaken(self.trail, self.holds)
        try:
            yield taken
        except DiedError:
            raise
        except BaseException:
            self._unlock(plan, hear, taken)
            raise
        self._unlock(plan, hear, taken)

    def _unlock(self, plan: Plan, hear: Hear, taken: MemoryTaken) -> None:
        if taken.passed:
            self.trail("pass lock on")
            return
        self.trail("keep lock" if taken.kept else "unlock")
        if taken.kept:
            hear(lock_kept(stages_changed(plan)))
        else:
            self.held.discard(plan.operation)
            self._change(taken.changed)
        for problem in self.stays:
            hear(problem)

    def release(
        self,
        plan: Plan,
        changed: Mapping[str, Hold | None] = NOTHING_CHANGES,
        ends: Ends = NOTHING_ENDED,
        *,
        passed: Collection[str] = (),
    ) -> tuple[Problem, ...]:
        """Release the lock that an operation left behind, and change holds."""
        own = {s: hold for s, hold in self.holds.items() if hold.operation == plan.operation}
        self._change({stage: hold.after(ends) for stage, hold in own.items()})
        self.trail("give back")
        if not passed:
            self.held -= {plan.operation, plan.answers}
        self._change({stage: rest for stage, rest in changed.items() if stage not in passed})
        return self.stays

    def _change(self, changed: Mapping[str, Hold | None]) -> None:
        for stage, rest in changed.items():
            if rest:
                self.holds[stage] = rest
            else:
                self.holds.pop(stage, None)


@dataclass
class MemoryNotifications:
    """The notifications that were sent."""

    trail: Trail
    told: list[tuple[str, str]] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Record that addresses were checked."""
        self.trail("check people")

    def announce(self, report: Report, event: Event) -> None:
        """Report that the operation starts, or that it was given up."""
        self._tell({Event.STARTED: "began", Event.FAILED: "given up"}[event], report)

    def count(self, report: Report, known: OperationState, journal: OperationJournal) -> None:
        """Count what was not counted yet."""
        self.trail("count")
        if new := journal.note_counts(ends(report), known):
            self.trail("send counts")
            self.counted += sorted(each.repo for each in new)

    def ended(self, report: Report) -> None:
        """Report how the operation ended."""
        self._tell("ended", report)

    def _tell(self, what: str, report: Report) -> None:
        self.trail(what)
        self.told.append((what, report.plan.operation))


@dataclass
class MemoryScreen:
    """A terminal, with or without a person who answers."""

    trail: Trail
    interactive: bool = True
    answer: bool | None = True
    ticks: Sequence[Collection[int] | None] = ()  # what each try checks off, as far as not all
    message: str | None = ""
    notes: list[str] = field(default_factory=list)

    def plan(self, report: Report) -> None:
        """Show a plan."""
        self.trail(f"show {report.plan.operation}")

    def note(self, text: str) -> None:
        """Keep the text."""
        self.notes.append(text)

    def confirm(self, question: str) -> bool | None:
        """Answer the question."""
        assert question
        self.trail("ask")
        return self.answer

    def type_word(self, word: str, purpose: str) -> bool | None:
        """Answer as if the word, or another one, were typed."""
        assert word
        assert purpose
        self.trail("ask word")
        return self.answer

    def type_message(self, stage: str, proposal: str) -> str:
        """Return the message, or the proposal if it is accepted."""
        self.trail(f"ask message {stage}")
        return proposal if self.message is None else self.message

    def check_off(self, items: Sequence[str], checked: Collection[int]) -> Collection[int] | None:
        """Check off the items of this try, in the end all; or cancel."""
        self.trail("tick")
        self.ticks, tries = self.ticks[1:], self.ticks or (range(len(items)),)
        return None if tries[0] is None else {*checked, *tries[0]}


@dataclass
class MemoryExecutor:
    """Writes to the journal like the real executor, and ends as configured.

    `ends` is the state of each repository; `in_flight` leaves behind a push with an unknown result.
    """

    trail: Trail
    ends: Callable[[RepoPlan], State] = lambda _: State.PUBLISHED
    in_flight: Flight | None = None
    resumed: list[bool] = field(default_factory=list)

    def __call__(
        self,
        plan: Plan,
        journal: OperationJournal,
        *,
        resuming: bool,
        state: OperationState,
    ) -> Report:
        """Write the entries of a push in each repository, and end."""
        assert state is not None
        self.resumed.append(resuming)
        repos = [repo.repo for repo in plan.planned()]
        journal.write(Entry(EntryKind.PUBLISHING, made={repo: {} for repo in repos}))
        for repo in repos:
            journal.write(Entry(EntryKind.PUSHING, repos=(repo,), flight=self.in_flight))
        self.trail("execute")
        outcomes = [Outcome(repo, self.ends(repo)) for repo in plan.planned()]
        for each in outcomes:
            if each.state is not State.UNKNOWN:
                journal.write(Entry(EntryKind.SETTLED, repos=(each.repo,), state=each.state))
        return ended(plan, outcomes)


@dataclass
class MemoryAnswers:
    """Answers each failure of an operation that is not an answer itself as configured."""

    trail: Trail
    answer: Plan | Problem | None = None

    def __call__(self, report: Report) -> Plan | Problem | None:
        """Return the answer to a failure."""
        if report.result is not Result.FAILED or report.plan.rolls_back or not self.answer:
            return None
        self.trail("plan roll-back")
        return self.answer


class Memory:
    """Everything outside an operation, kept while processes come and go."""

    def __init__(self, trail: Trail | None = None) -> None:
        self.trail = trail or Trail()
        self.log = MemoryLog(self.trail)
        self.journals = MemoryJournals(self.trail, self.log)
        self.locks = MemoryLocks(self.trail)
        self.people = MemoryNotifications(self.trail)
        self.screen = MemoryScreen(self.trail)
        self.executor = MemoryExecutor(self.trail)
        self.answers = MemoryAnswers(self.trail)

    @property
    def steps(self) -> list[str]:
        """The steps in order."""
        return self.trail.steps

    def context(self) -> OperationContext:
        """Return the ports."""
        return OperationContext(
            journals=self.journals,
            log=self.log,
            locks=self.locks,
            notifications=self.people,
            screen=self.screen,
            execute=self.executor,
            answer_failure=self.answers,
            actor=lambda _: ADA,
            utc_now=lambda: NOON,
            keep_transcripts=lambda _: None,
        )
