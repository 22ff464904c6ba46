"""How a watched operation stands, by its journal and by the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, Kind, Story, tell
from multigit.core.records.record import Record
from multigit.core.recovery.watched import watched
from multigit.core.values.agreement import Actor
from multigit.core.values.flight import Flight
from tests.core.builders import MADE, past, plan, record, row, to_publish

ADA = Actor("Ada <ada@example.com>", "ada", "build-7")
PUSHED = Flight(0.0, 1.0, "here", "1:2")
REPO = to_publish()


def story(**known: Any) -> Story:
    """Return what a journal tells of a promotion."""
    return replace(Story(plan(REPO), ADA, {"api": MADE}), **known)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"settled": {"api": State.PUBLISHED}}, State.PUBLISHED),
        ({"settled": {"api": State.FAILED}}, State.FAILED),
        ({"flights": {"api": PUSHED}}, State.UNKNOWN),
        ({}, State.NOT_PUBLISHED),
    ],
)
def test_what_is_not_noted_is_not_denied(known: dict[str, Any], state: State) -> None:
    """A push whose end nobody noted may have arrived."""
    outcome = watched(story(**known), REPO, ())
    assert outcome.state is state
    assert [p.code for p in outcome.problems] == ["outcome_unknown"] * (state is State.UNKNOWN)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (replace(REPO, published=True, begun=True), State.PUBLISHED),
        (replace(REPO, begun=True), State.UNKNOWN),
        (REPO, State.NOT_PUBLISHED),
    ],
)
def test_what_an_attempt_found_is_known_to_who_watches_the_next(found: Any, state: State) -> None:
    """It asked the remote, and broke off before it noted any more."""
    told = tell([Entry(Kind.BEGUN, plan=plan(found), actor=ADA)])
    assert told
    assert watched(told, found, ()).state is state


def of(operation: str, state: str, undoes: str = "") -> Record:
    """Return a record of the log."""
    return record(operation, row("merge-1", state=state), undoes=undoes)


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([of("one", "published")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "one")], State.NOT_PUBLISHED),
        ([of("one", "published"), of("two", "skipped", "one")], State.PUBLISHED),
        ([of("one", "published"), of("two", "published", "other")], State.PUBLISHED),
        ([of("one", "not_published")], State.NOT_PUBLISHED),
    ],
)
def test_the_log_knows_what_was_taken_back(records: list[Record], state: State) -> None:
    """By the newest record that tells of it."""
    logged = past(*records).states_of("one")
    outcome = watched(story(settled={"api": State.PUBLISHED}), REPO, (), logged["api"])
    back = ["taken_back"] * (state is State.NOT_PUBLISHED)
    assert (outcome.state, [p.code for p in outcome.problems]) == (state, back)
