"""What other commands report about an unfinished operation, and how to end it."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.values.deployment import Deployment, Run, RunState, RunStatus
from multigit.hints import Hint
from multigit.operation.exclusive import exclusive
from multigit.operation.session import Session
from multigit.operation.unfinished import in_flight, last_deployed, say_unfinished, ways_out
from tests.core import builders
from tests.core.builders import ADA, API, WEB, to_publish
from tests.operation.sessions import said, session
from tests.support.fake_git import FakeGit

PLAN = builders.plan(to_publish(API), to_publish(WEB))


@pytest.fixture
def git() -> FakeGit:
    """Return the repositories of the plan."""
    return FakeGit("api", "web")


@pytest.fixture
def here(tmp_path: Path, git: FakeGit) -> Session:
    """Return the session of a command."""
    return session(tmp_path, git)


def begin(here: Session, *entries: Entry) -> None:
    """Leave an unfinished operation with these entries after its plan."""
    here.files.require_writable()
    journal = here.files.begin_journal(PLAN.operation)
    for entry in (Entry(EntryKind.BEGUN, PLAN, ADA), *entries):
        journal.write(entry)


def test_where_nothing_is_unfinished_nothing_is_said(here: Session) -> None:
    """The document says so."""
    assert say_unfinished(here) == {"unfinished": None, "in_flight": []}
    assert said(here) == ""


def test_what_is_unfinished_is_said_with_its_ways_out(here: Session, git: FakeGit) -> None:
    """It names the pushes that may still succeed, without those that have ended."""
    pushing = [Entry(EntryKind.PUSHING, repos=(n,), flight=git[n].flight()) for n in ("api", "web")]
    begin(here, *pushing, Entry(EntryKind.SETTLED, repos=("api",), state=State.PUBLISHED))
    git["web"].sights = [True, False]
    assert say_unfinished(here) == {"unfinished": PLAN.operation, "in_flight": ["web"]}
    for text in (PLAN.operation, "The push of web may still succeed.", Hint.FINISH_OR_UNDO):
        assert text in said(here)
    assert in_flight(here, PLAN.operation) == []


def test_while_somebody_is_at_work_only_that_is_said(
    here: Session, git: FakeGit, tmp_path: Path
) -> None:
    """The running command will finish it, so no hint is shown."""
    begin(here, Entry(EntryKind.PUSHING, repos=("web",), flight=git["web"].flight()))
    git["web"].sights = [True]
    with exclusive(session(tmp_path, git), "continue"):
        assert say_unfinished(here) == {"unfinished": PLAN.operation, "in_flight": []}
    assert "continue" in said(here)
    assert Hint.FINISH_OR_UNDO not in said(here)


def test_a_journal_that_cannot_be_read_keeps_nobody_from_looking(here: Session) -> None:
    """The hint is to make it readable, or to move it aside."""
    begin(here)
    file = here.files.operations / f"{PLAN.operation}.jsonl"
    file.write_bytes(b"not a journal\n" + file.read_bytes())
    assert say_unfinished(here) == {"unfinished": PLAN.operation, "in_flight": []}
    assert file.name in ways_out(here, PLAN.operation)
    assert last_deployed(here) == {}


def test_deployments_of_an_unfinished_operation_are_the_last_ones(here: Session) -> None:
    """The log has no record of them yet."""
    running = Deployment(run=Run("r")).seen(RunStatus(RunState.RUNNING), 1.0)
    begin(here, Entry(EntryKind.DEPLOYMENT, repos=("api",), deployment=running))
    (last,) = last_deployed(here)["api"].values()
    assert (last.operation, last.under_way) == (PLAN.operation, True)
    here.files.read_journal(PLAN.operation)[0].close()
    assert last_deployed(here) == {}
