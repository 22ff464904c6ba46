"""The end of an operation: one record, no lock, a closed journal, whatever came before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.values.agreement import Agreement, ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.closing import append, close, last_step, record_once, release_and_close
from tests.core import builders
from tests.core.builders import API, to_publish
from tests.operation.memory import ADA, NOON, Memory, MemoryJournal

PLAN = builders.plan(to_publish(API))
UNDO = replace(
    PLAN, command="undo", operation="20250115T160000Z-undo-stg-1111", undoes=PLAN.operation
)
STAYS = Problem("lock_left", "The lock of stg stays.")


@pytest.fixture
def memory() -> Memory:
    """Return a context in which the operation has started."""
    memory = Memory()
    begun(memory)
    memory.steps.clear()
    return memory


def begun(memory: Memory) -> MemoryJournal:
    """Start the operation."""
    journal = memory.journals.begin_journal(PLAN.operation)
    journal.write(Entry(EntryKind.BEGUN, PLAN, ADA, Agreement(ConsentState.YES, None, ADA)))
    return journal


def how(state: State = State.PUBLISHED) -> Report:
    """Return the report of the operation."""
    return ended(PLAN, [Outcome(repo, state) for repo in PLAN.repos])


def undone(state: State = State.PUBLISHED) -> Report:
    """Return the report of its undo."""
    return ended(UNDO, [Outcome(repo, state) for repo in UNDO.repos])


def recorded(memory: Memory) -> list[tuple[str, str]]:
    """Return each record's command and result."""
    return [(each.command, each.result) for each in memory.log.records]


def test_a_record_says_who_agreed_when_and_how_it_ended(memory: Memory) -> None:
    """Without an agreement, the record has an empty one."""
    append(memory.context(), how(), Agreement(ConsentState.CONFIRM, ChecklistState.TICKED, ADA))
    append(memory.context(), how(State.FAILED), None)
    first, second = memory.log.records
    assert (first.operation, first.result) == (PLAN.operation, "done")
    assert (first.actor, first.at) == (ADA, NOON)
    assert first.agreement == Agreement(ConsentState.CONFIRM, ChecklistState.TICKED, ADA)
    assert (second.result, second.agreement) == ("failed", Agreement())


def test_an_operation_is_recorded_once(memory: Memory) -> None:
    """There is one record even if its end is recorded twice."""
    for _ in range(2):
        record_once(memory.context(), how(), None)
    assert recorded(memory) == [("promote", "done")]


def test_what_was_taken_back_is_recorded_first_and_closed(memory: Memory) -> None:
    """It cannot be continued afterwards, and its record names who confirmed it."""
    memory.locks.held.add(PLAN.operation)
    record_once(memory.context(), undone(), None)
    assert [each.command for each in memory.log.records] == ["promote", "undo"]
    assert memory.log.records[0].agreement.consent is ConsentState.YES
    assert memory.journals.unfinished() == ()
    assert memory.locks.held == set()


def test_what_was_not_taken_back_stays_open(memory: Memory) -> None:
    """If the undo failed, the operation stays unfinished."""
    record_once(memory.context(), undone(State.FAILED), None)
    assert [each.command for each in memory.log.records] == ["undo"]
    assert memory.journals.unfinished() == (PLAN.operation,)


def test_an_undo_of_what_is_over_closes_nothing(memory: Memory) -> None:
    """The operation is closed and not recorded a second time."""
    memory.journals.kept[PLAN.operation].close()
    record_once(memory.context(), undone(), None)
    assert [each.command for each in memory.log.records] == ["undo"]


def test_the_lock_is_given_back_before_the_journal_is_closed(memory: Memory) -> None:
    """After a crash between the two, the operation still knows its lock; a problem is returned."""
    memory.locks.stays = (STAYS,)
    journal = memory.journals.kept[PLAN.operation]
    assert release_and_close(memory.context(), PLAN, journal, ()) == (STAYS,)
    assert memory.steps == ["give back", "close"]


def test_what_does_not_run_is_recorded_and_closed(memory: Memory) -> None:
    """The report has the problems of its lock."""
    memory.locks.stays = (STAYS,)
    journal = memory.journals.kept[PLAN.operation]
    report = close(memory.context(), how(), journal, None)
    assert memory.steps == ["record", "give back", "close"]
    assert report.problems == (STAYS,)
    assert not report.interrupted


def test_a_record_without_room_closes_nothing(memory: Memory) -> None:
    """It stays unfinished, and keeps its lock."""
    memory.trail.fail["record"] = RefusedError("No room.")
    journal = memory.journals.kept[PLAN.operation]
    with pytest.raises(RefusedError):
        close(memory.context(), how(), journal, None)
    assert memory.journals.unfinished() == (PLAN.operation,)
    assert "give back" not in memory.steps


def test_a_last_step_without_room_is_a_problem() -> None:
    """The problem says how to continue once there is room; a bug is still raised."""

    def fail(error: Exception) -> None:
        raise error

    assert last_step(lambda: None) is None
    assert last_step(lambda: fail(RefusedError("No room.", code="full"))) == Problem(
        "full", "No room.", Hint.CONTINUE_WITH_ROOM
    )
    with pytest.raises(ZeroDivisionError):
        last_step(lambda: fail(ZeroDivisionError()))
