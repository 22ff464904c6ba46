"""An operation's context in memory: journals, log, locks and people, which note what is done.

Any step can be made to fail, or the process to die there. What is kept stays, as files would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.locks import lock_kept, stages_changed
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.progress.state import OperationState
from multigit.core.records.record import Record
from multigit.core.values.agreement import Actor
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event
from multigit.errors import LockedError, UsageError
from multigit.operation.ports import Hear, Keep, OperationContext, OperationJournal

ADA = Actor("Ada <ada@example.com>", "ada", "laptop")
NOON = "2025-01-15T12:00:00Z"


class DiedError(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Trail:
    """What was done, in order. `fail` names steps and what is raised there."""

    steps: list[str] = field(default_factory=list)
    fail: dict[str, BaseException] = field(default_factory=dict)

    def __call__(self, step: str) -> None:
        """Note a step, or raise what is to happen there."""
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
        """Keep an entry; where it fails, nothing is kept."""
        self.trail(f"write {entry.kind}")
        self.entries.append(entry)

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
        """Return a journal and what it tells."""
        journal = self.kept.get(operation)
        known = Operation.from_entries(journal.entries) if journal else None
        if journal is None or known is None:
            raise UsageError(f"no journal of {operation}")
        return journal, known

    def unfinished(self) -> tuple[str, ...]:
        """Return what is open and not in the log."""
        return tuple(
            operation
            for operation, each in self.kept.items()
            if each.entries and each.is_open and not self.log.holds(operation)
        )

    def require_writable(self) -> None:
        """Note the call."""
        self.trail("writable")


@dataclass
class MemoryLocks:
    """One lock that all operations need; `held` outlives the process, as refs do."""

    trail: Trail
    held: set[str] = field(default_factory=set)
    stays: tuple[Problem, ...] = ()

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan as it is."""
        return plan

    @contextmanager
    def hold(self, plan: Plan, actor: Actor, hear: Hear) -> Iterator[Keep]:
        """Take the lock, and release it unless it is kept or the process dies."""
        assert actor.identity
        self.trail("lock")
        if others := self.held - {plan.operation, plan.undoes}:
            raise LockedError(f"{', '.join(others)} has the lock.")
        self.held.discard(plan.undoes)
        self.held.add(plan.operation)
        kept: list[bool] = []
        try:
            yield lambda: kept.append(True)
        except DiedError:
            raise
        except BaseException:
            self._unlock(plan, hear, kept)
            raise
        self._unlock(plan, hear, kept)

    def _unlock(self, plan: Plan, hear: Hear, kept: Sequence[bool]) -> None:
        self.trail("keep lock" if kept else "unlock")
        if kept:
            hear(lock_kept(stages_changed(plan)))
        else:
            self.held.discard(plan.operation)
        for problem in self.stays:
            hear(problem)

    def release(self, plan: Plan) -> tuple[Problem, ...]:
        """Release what an operation left."""
        self.trail("give back")
        self.held.discard(plan.operation)
        return self.stays


@dataclass
class MemoryNotifications:
    """What people were told."""

    trail: Trail
    told: list[tuple[str, str]] = field(default_factory=list)

    def check(self) -> None:
        """Note that addresses were checked."""
        self.trail("check people")

    def announce(self, report: Report, event: Event) -> None:
        """Tell that it begins, or that it was given up."""
        self._tell({Event.STARTED: "began", Event.FAILED: "given up"}[event], report)

    def ended(self, report: Report, known: OperationState) -> None:
        """Tell how it ended."""
        assert known is not None
        self._tell("ended", report)

    def _tell(self, what: str, report: Report) -> None:
        self.trail(what)
        self.told.append((what, report.plan.operation))


@dataclass
class MemoryScreen:
    """A terminal, with or without a person who answers."""

    trail: Trail
    interactive: bool = True
    answer: bool = True
    ticks: bool = True
    message: str = ""
    notes: list[str] = field(default_factory=list)

    def plan(self, report: Report) -> None:
        """Show a plan."""
        self.trail(f"show {report.plan.operation}")

    def note(self, text: str) -> None:
        """Keep what is said."""
        self.notes.append(text)

    def confirm(self, question: str) -> bool:
        """Answer."""
        assert question
        self.trail("ask")
        return self.answer

    def type_word(self, word: str, purpose: str) -> bool:
        """Type the word, or another one."""
        assert word
        assert purpose
        self.trail("ask word")
        return self.answer

    def type_message(self, stage: str) -> str:
        """Type the message."""
        self.trail(f"ask message {stage}")
        return self.message

    def check_off(self, items: Sequence[str]) -> bool:
        """Tick the items, or not all."""
        assert items
        self.trail("tick")
        return self.ticks


@dataclass
class MemoryExecutor:
    """Carries a plan out as the real one does towards its journal, and ends as it is told to.

    `ends` is how each repository ends; `in_flight` leaves a push behind whose end was not seen.
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


class Memory:
    """Everything outside of an operation, kept while processes come and go."""

    def __init__(self) -> None:
        self.trail = Trail()
        self.log = MemoryLog(self.trail)
        self.journals = MemoryJournals(self.trail, self.log)
        self.locks = MemoryLocks(self.trail)
        self.people = MemoryNotifications(self.trail)
        self.screen = MemoryScreen(self.trail)
        self.executor = MemoryExecutor(self.trail)

    @property
    def steps(self) -> list[str]:
        """What was done, in order."""
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
            actor=lambda _: ADA,
            utc_now=lambda: NOON,
            keep_transcripts=lambda _: None,
        )
