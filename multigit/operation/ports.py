"""What the run of an operation needs from outside of it, so that it can be tried in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from multigit.core.planning.plan import Plan
from multigit.core.progress.journal import Entry, Operation
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import OperationState
from multigit.core.records.record import Record
from multigit.core.values.agreement import Actor
from multigit.core.values.problem import Problem

Keep = Callable[[], None]
Hear = Callable[[Problem], None]


class OperationJournal(Protocol):
    """The journal of one operation."""

    @property
    def is_open(self) -> bool:
        """True until the operation is closed."""

    def write(self, entry: Entry) -> None:
        """Keep an entry; it is on disk when this returns."""

    def close(self) -> None:
        """Close the operation: it is not unfinished any longer."""


class Journals(Protocol):
    """The journals of a workspace."""

    def begin_journal(self, operation: str) -> OperationJournal:
        """Return the journal of a new operation; nothing of it is on disk before its first entry.

        Raises RefusedError where none can be written.
        """

    def read_journal(self, operation: str) -> tuple[OperationJournal, Operation]:
        """Return an operation's journal; raises MultigitError where none can be read."""

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of unfinished operations, oldest first: open, and not in the log."""

    def require_writable(self) -> None:
        """Raise RefusedError where neither a journal nor the log could be written."""


class Log(Protocol):
    """The deployment log, which keeps one record of each operation."""

    def holds(self, operation: str) -> bool:
        """Tell whether the operation has its record."""

    def append(self, record: Record) -> object:
        """Write a record; it is on disk when this returns. Raises RefusedError without room."""


class StageLocks(Protocol):
    """The locks across machines for the stages that an operation moves."""

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan with the repository that has its locks, whatever is configured later."""

    def hold(self, plan: Plan, actor: Actor, hear: Hear) -> AbstractContextManager[Keep]:
        """Hold the plan's locks; within, a call keeps them beyond the end.

        Raises MultigitError where they cannot be had. `hear` gets what is to be said at the end.
        """

    def give_back(self, plan: Plan) -> tuple[Problem, ...]:
        """Give back what an operation left behind; return what is to be said of the rest."""


class Notifications(Protocol):
    """People and monitors who hear of operations. What fails there changes nothing."""

    def check(self) -> None:
        """Say whom nobody could reach."""

    def began(self, report: Report) -> None:
        """Tell that an operation begins."""

    def ended(self, report: Report, known: OperationState) -> None:
        """Tell how it ended, and count what ended that was not `known` before."""

    def given_up(self, report: Report) -> None:
        """Tell that an operation of which people may have heard ends before it is finished."""


class Screen(Protocol):
    """Whoever looks at the command, and may be there to answer."""

    @property
    def interactive(self) -> bool:
        """True when a question can be asked and answered."""

    def plan(self, report: Report) -> None:
        """Show the plan before the question."""

    def note(self, text: str) -> None:
        """Say something beside the result."""

    def warn(self, problem: Problem) -> None:
        """Say what changes no result."""

    def agree(self, question: str) -> bool:
        """Ask for yes or no. Raises EOFError when the terminal went away."""

    def type_word(self, word: str, purpose: str) -> bool:
        """Ask to type a word. Raises EOFError when the terminal went away."""

    def type_message(self, stage: str) -> str:
        """Ask for a stage's message; may be empty. Raises EOFError when the terminal went away."""

    def tick_all(self, items: Sequence[str]) -> bool:
        """Ask to tick a checklist. Raises EOFError when the terminal went away."""


class Execute(Protocol):
    """What carries out a plan, journalling each step before it begins."""

    def __call__(
        self,
        plan: Plan,
        journal: OperationJournal,
        *,
        resuming: bool,
        state: OperationState,
    ) -> Report:
        """Prepare, publish and deploy; return how it ended.

        `resuming` is whether the plan was begun before, and `state` how far it got then; its
        flights are the pushes of that time that may still be at work.
        """


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where an operation runs: everything outside of it, each behind its port."""

    journals: Journals
    log: Log
    locks: StageLocks
    notifications: Notifications
    screen: Screen
    execute: Execute
    actor: Callable[[Plan], Actor]
    utc_now: Callable[[], str]
    keep_transcripts: Callable[[str], None]
