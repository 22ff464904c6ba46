"""How a watched operation stands, by its journal and by the log."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.state import Progress
from multigit.core.records.record import Record
from multigit.core.recovery.watched import watched
from multigit.core.values.flight import Flight
from tests.core.builders import (
    ADA,
    MADE,
    operation,
    past,
    plan,
    record,
    row,
    state,
    to_publish,
)

PUSHED = Flight(0.0, 1.0, "here", "1:2")
REPO = to_publish()


def promoted(**known: Any) -> Operation:
    """Return a promotion that came so far."""
    return operation(plan(REPO), state(made={"api": MADE}, **known))


@pytest.mark.parametrize(
    ("known", "stands"),
    [
        ({"settled": {"api": State.PUBLISHED}}, State.PUBLISHED),
        ({"settled": {"api": State.FAILED}}, State.FAILED),
        ({"flights": {"api": PUSHED}}, State.UNKNOWN),
        ({}, State.NOT_PUBLISHED),
    ],
)
def test_what_is_not_noted_is_not_denied(known: dict[str, Any], stands: State) -> None:
    """A push whose end nobody noted may have arrived."""
    outcome = watched(promoted(**known), REPO, ())
    assert outcome.state is stands
    assert [p.code for p in outcome.problems] == ["outcome_unknown"] * (stands is State.UNKNOWN)


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        (Progress(settled=State.PUBLISHED, begun=True), State.PUBLISHED),
        (Progress(begun=True), State.UNKNOWN),
        (Progress(), State.NOT_PUBLISHED),
    ],
)
def test_what_an_attempt_found_is_known_to_who_watches_the_next(
    found: Progress, stands: State
) -> None:
    """It asked the remote, and broke off before it noted any more."""
    begun = Entry(EntryKind.BEGUN, plan=plan(REPO), actor=ADA, progress={"api": found})
    known = Operation.from_entries([begun])
    assert known
    assert watched(known, REPO, ()).state is stands


def of(name: str, stands: str, undoes: str = "") -> Record:
    """Return a record of the log."""
    return record(name, row("merge-1", state=stands), undoes=undoes)


@pytest.mark.parametrize(
    ("records", "stands"),
    [
        ([of("one", "published")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "one")], State.NOT_PUBLISHED),
        ([of("one", "published"), of("two", "skipped", "one")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "other")], State.PUBLISHED),
        ([of("one", "not_published")], State.NOT_PUBLISHED),
    ],
)
def test_the_log_knows_what_was_taken_back(records: list[Record], stands: State) -> None:
    """By the newest record that tells of it."""
    logged = past(*records).states_of("one")
    outcome = watched(promoted(settled={"api": State.PUBLISHED}), REPO, (), logged["api"])
    back = ["taken_back"] * (stands is State.NOT_PUBLISHED)
    assert (outcome.state, [p.code for p in outcome.problems]) == (stands, back)
