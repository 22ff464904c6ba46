"""What the run of an operation needs from outside; tests replace all of it in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from multigit.core.planning.plan import Plan
from multigit.core.progress.journal import Entry, Operation
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import OperationState
from multigit.core.records.record import Record
from multigit.core.values.agreement import Actor
from multigit.core.values.count import Count
from multigit.core.values.hold import NOTHING_ENDED, Ends, Hold
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event

Hear = Callable[[Problem], None]
NOTHING_CHANGES: Mapping[str, Hold | None] = {}


class OperationJournal(Protocol):
    """The journal of one operation."""

    @property
    def is_open(self) -> bool:
        """True until the operation is closed."""

    def write(self, entry: Entry) -> None:
        """Keep an entry; it is on disk when this returns."""

    def note_counts(self, ends: Collection[Count], known: OperationState) -> frozenset[Count]:
        """Note that these ends are counted, except those that already were; return the others.

        If it is not noted what was counted before, all that is `known` was. Raises MultigitError if
        they cannot be noted.
        """

    def close(self) -> None:
        """Close the operation: it is no longer unfinished."""


class Journals(Protocol):
    """The journals of a workspace."""

    def begin_journal(self, operation: str) -> OperationJournal:
        """Return the journal of a new operation; it is not on disk until its first entry.

        Raises RefusedError if it cannot be written.
        """

    def read_journal(self, operation: str) -> tuple[OperationJournal, Operation]:
        """Return an operation's journal; raises MultigitError if it cannot be read."""

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of unfinished operations, oldest first: open and without a record."""

    def require_writable(self) -> None:
        """Raise RefusedError if a journal or the log could not be written."""


class Log(Protocol):
    """The deployment log, with one record for each operation."""

    def holds(self, operation: str) -> bool:
        """Return whether the operation has its record."""

    def append(self, record: Record) -> object:
        """Write a record to disk. Raises RefusedError if the disk is full."""


class TakenLocks(Protocol):
    """The locks of an operation while it holds them, and the holds on its stages."""

    def keep(self) -> None:
        """Keep the locks beyond the end, for a later command of the operation; holds stay, too."""

    def pass_on(self, stages: Collection[str]) -> None:
        """Leave the locks of these stages, and their holds, to the operation that takes them over.

        Its journal is on disk already, so that each later command knows whose they are.
        """

    def hold(self, stage: str, hold: Hold) -> None:
        """Hold a stage: all who share it can see that when this returns, also after a crash.

        Raises MultigitError if they cannot, or may not: what needs the hold must not begin then.
        """

    def release_hold(self, stage: str, rest: Hold | None = None) -> None:
        """Keep only the `rest` of a stage's hold, or none, when the locks are released."""


class StageLocks(Protocol):
    """The stage locks, which exclude operations on other machines, and the holds on stages."""

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan with its lock repository, in case the configuration changes."""

    def hold(
        self, plan: Plan, actor: Actor, hear: Hear, ahead: Hold | None = None
    ) -> AbstractContextManager[TakenLocks]:
        """Hold the plan's locks; yield them.

        `ahead` is the hold that is set next: it is there with the locks. `hear` receives
        problems with releasing them. Raises MultigitError if they cannot be taken, or if a stage is
        held that was not when the plan was made.
        """

    def release(
        self,
        plan: Plan,
        changed: Mapping[str, Hold | None] = NOTHING_CHANGES,
        ends: Ends = NOTHING_ENDED,
        *,
        passed: Collection[str] = (),
    ) -> tuple[Problem, ...]:
        """Release the locks that an operation left behind; return a problem for each that stays.

        So are those that the operation which it answers passed on to it. Holds stay, but for those
        that it `changed`: to a smaller one, or to none. Its own says how its deployments have
        ended, as far as that is known. The stages that it has `passed` on itself are left alone.
        """


class Notifier(Protocol):
    """Messages to people and monitors. A failure to send one never changes a result."""

    def check(self) -> None:
        """Warn of addresses that cannot be reached."""

    def announce(self, report: Report, event: Event) -> None:
        """Send a message about an event in an operation, such as its start."""

    def count(self, report: Report, known: OperationState, journal: OperationJournal) -> None:
        """Count what ended and was not counted yet; `known` is how far earlier attempts got."""

    def ended(self, report: Report) -> None:
        """Report the end of an operation."""


class Terminal(Protocol):
    """The terminal: what is shown, and questions to the person in front of it."""

    @property
    def interactive(self) -> bool:
        """True if a question can be asked and answered."""

    def plan(self, report: Report) -> None:
        """Show the plan before the question."""

    def note(self, text: str) -> None:
        """Print a line to standard error."""

    def confirm(self, question: str) -> bool | None:
        """Ask for yes or no; None if it is neither. Raises EOFError if the terminal is gone."""

    def type_word(self, word: str, purpose: str) -> bool | None:
        """Ask to type a word; None if it is another one, False if it is none.

        Raises EOFError if the terminal is gone.
        """

    def type_message(self, stage: str, proposal: str) -> str:
        """Ask for a stage's message; may be empty. Raises EOFError if the terminal is gone.

        Enter accepts the proposal, which can be edited; without one it cancels.
        """

    def check_off(self, items: Sequence[str], checked: Collection[int]) -> Collection[int] | None:
        """Ask to check off a checklist, of which these items are; return those that are then.

        None cancels. Raises EOFError if the terminal is gone.
        """


class Execute(Protocol):
    """Executes a plan, journalling each step before it starts."""

    def __call__(
        self, plan: Plan, journal: OperationJournal, *, resuming: bool, state: OperationState
    ) -> Report:
        """Prepare, publish and deploy; return the report.

        `resuming` is whether there was an earlier attempt, and `state` how far it got; its flights
        are pushes that may still be in flight.
        """


class AnswerFailure(Protocol):
    """Decides what follows by itself when an operation has failed."""

    def __call__(self, report: Report) -> Plan | Problem | None:
        """Return the roll-back that the configuration asks for, or None if it asks for none.

        A problem says why it cannot be done. Changes nothing; no one is asked.
        """


@dataclass(frozen=True, slots=True)
class OperationContext:
    """All that an operation needs from outside, each behind its port."""

    journals: Journals
    log: Log
    locks: StageLocks
    notifications: Notifier
    screen: Terminal
    execute: Execute
    answer_failure: AnswerFailure
    actor: Callable[[Plan], Actor]
    utc_now: Callable[[], str]
    keep_transcripts: Callable[[str], None]
