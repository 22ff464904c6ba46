"""The state of a watched operation, according to its journal and the log."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.state import Progress
from multigit.core.records.record import Record
from multigit.core.recovery.watched import watched
from multigit.core.values.flight import Flight
from tests.core.builders import ADA, MADE, operation, past, plan, record, row, state, to_publish

PUSHED = Flight(0.0, 1.0, "here", "1:2")
REPO = to_publish()


def promoted(**known: Any) -> Operation:
    """Return a promotion in this state."""
    return operation(plan(REPO), state(made={"api": MADE}, **known))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"settled": {"api": State.PUBLISHED}}, State.PUBLISHED),
        ({"settled": {"api": State.FAILED}}, State.FAILED),
        ({"flights": {"api": PUSHED}}, State.UNKNOWN),
        ({}, State.NOT_PUBLISHED),
    ],
)
def test_a_push_without_a_recorded_result_is_unknown(
    known: dict[str, Any], expected: State
) -> None:
    """It may be published."""
    outcome = watched(promoted(**known), REPO, ())
    assert outcome.state is expected
    assert [p.code for p in outcome.problems] == ["outcome_unknown"] * (expected is State.UNKNOWN)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Progress(settled=State.PUBLISHED, begun=True), State.PUBLISHED),
        (Progress(begun=True), State.UNKNOWN),
        (Progress(), State.NOT_PUBLISHED),
    ],
)
def test_what_an_attempt_found_is_still_known_after_it(found: Progress, expected: State) -> None:
    """The attempt read the remote, and was killed before it recorded anything else."""
    begun = Entry(EntryKind.BEGUN, plan=plan(REPO), actor=ADA, progress={"api": found})
    known = Operation.from_entries([begun])
    assert known
    assert watched(known, REPO, ()).state is expected


def of(name: str, state: str, undoes: str = "") -> Record:
    """Return a record of api in this state."""
    return record(name, row("merge-1", state=state), undoes=undoes)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([of("one", "published")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "one")], State.NOT_PUBLISHED),
        ([of("one", "published"), of("two", "skipped", "one")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "other")], State.PUBLISHED),
        ([of("one", "not_published")], State.NOT_PUBLISHED),
    ],
)
def test_the_log_knows_what_was_undone(records: list[Record], expected: State) -> None:
    """The newest undo of the operation that succeeded counts."""
    logged = past(*records).states_of("one")
    outcome = watched(promoted(settled={"api": State.PUBLISHED}), REPO, (), logged["api"])
    undone = ["taken_back"] * (expected is State.NOT_PUBLISHED)
    assert (outcome.state, [p.code for p in outcome.problems]) == (expected, undone)
