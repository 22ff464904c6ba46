"""The workspace lock: one command at a time, after cleaning up what a killed one left."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.core.planning.plan import Plan
from multigit.core.progress.journal import Entry, EntryKind
from multigit.errors import LockedError, RefusedError
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.exclusive import alone, exclusive, new_operation
from multigit.operation.session import Session
from tests.core import builders
from tests.core.builders import ADA, API, record, to_publish
from tests.operation.sessions import Heard, session, warned
from tests.support.fake_git import FakeGit

PLAN = builders.plan(to_publish(API))


@pytest.fixture
def command(tmp_path: Path) -> Session:
    """Return the session of a command."""
    return another(tmp_path)


def another(root: Path) -> Session:
    """Return the session of another command."""
    return session(root, FakeGit("api", "ops"))


def begin(of: Session, plan: Plan = PLAN) -> None:
    """Leave an unfinished operation."""
    of.files.require_writable()
    of.files.begin_journal(plan.operation).write(Entry(EntryKind.BEGUN, plan, ADA))


def test_a_second_command_is_refused_until_the_first_ends(command: Session, tmp_path: Path) -> None:
    """Even if the first one fails; the refusal names its command."""
    with exclusive(command, "promote"):
        with pytest.raises(LockedError, match="promote"), exclusive(another(tmp_path), "push"):
            pytest.fail("two at once")
        assert command.files.alone
    with pytest.raises(ZeroDivisionError), exclusive(command, "promote"):
        raise ZeroDivisionError
    assert not command.files.alone
    with exclusive(another(tmp_path), "push"):
        pass


@pytest.mark.parametrize("person", [True, False])
def test_questions_are_loaded_while_the_plan_is_made(command: Session, *, person: bool) -> None:
    """The question appears right after the plan; without a person none is loaded."""
    loaded = threading.Event()

    class Watched(Heard):
        interactive = person

        def load_questions(self) -> None:
            loaded.set()

    with new_operation(replace(command, screen=Watched()), "promote", dry_run=False):
        assert loaded.wait(20 if person else 0) == person


def test_what_never_began_is_forgotten(command: Session) -> None:
    """A crash left half of the first line, so no one has to finish the operation."""
    command.files.require_writable()
    torn = command.files.operations / f"{PLAN.operation}.jsonl"
    torn.write_bytes(b'{"journal":1,')
    with new_operation(command, "promote", dry_run=False):
        assert not torn.exists()


def test_a_torn_log_is_set_aside_and_told(command: Session) -> None:
    """Its complete lines stay, and a warning says so."""
    log = command.files.log
    log.append(record("op-1"))
    log.file.write_bytes(log.file.read_bytes() + b'{"torn')
    with exclusive(command, "promote"):
        assert warned(command) == ["log_torn"]
        assert log.holds("op-1")
        assert log.aside.read_bytes() == b'{"torn\n'


def test_nothing_new_begins_beside_an_unfinished_operation(command: Session) -> None:
    """The refusal has a hint; a dry run is allowed."""
    begin(command)
    with pytest.raises(RefusedError) as refused, new_operation(command, "push", dry_run=False):
        pytest.fail("it began")
    assert refused.value.code == "unfinished_operation"
    assert refused.value.hint == Hint.FINISH_OR_UNDO
    with new_operation(command, "push", dry_run=True):
        pass


def test_a_dry_run_leaves_nothing_and_waits_for_nobody(command: Session, tmp_path: Path) -> None:
    """It writes nothing, and warns if another command is running."""
    with alone(command, "continue", dry_run=True) as over:
        assert over == ()
    with new_operation(command, "push", dry_run=True):
        assert list(tmp_path.iterdir()) == []
    other = another(tmp_path)
    with exclusive(other, "promote"), alone(command, "continue", dry_run=True):
        assert warned(command) == ["locked"]


def test_what_is_recorded_is_closed_and_its_lock_given_back(tmp_path: Path) -> None:
    """The process died between the record and the end of the journal."""
    git = FakeGit("api", "ops")
    first = session(tmp_path, git, lock_repo="ops")
    plan = context_of(first).locks.pinned(PLAN)
    begin(first, plan)
    with context_of(first).locks.hold(plan, ADA, lambda _: None) as taken:
        taken.keep()
    first.files.log.append(record(plan.operation))
    second = session(tmp_path, git, lock_repo="ops")
    with alone(second, "continue") as over:
        assert over == (plan.operation,)
        assert second.files.recorded() == ()
    assert [ref for ref in git["ops"].remote.refs if "locks" in ref] == []
    assert warned(second) == []
    with alone(second, "continue") as over:
        assert over == ()


def test_a_lock_that_stays_behind_is_told(tmp_path: Path) -> None:
    """The operation has ended, so it is closed anyway."""
    git = FakeGit("api", "ops")
    here = session(tmp_path, git, lock_repo="ops")
    plan = replace(PLAN, lock_repo="ops")
    begin(here, plan)
    here.files.log.append(record(plan.operation))
    git["ops"].remote.reachable = False
    with alone(here, "continue") as over:
        assert over == (plan.operation,)
    assert warned(here) == ["lock_unknown"]
    assert here.files.recorded() == ()
