"""The locks around an operation: where they are, what they contain, and what is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from multigit.adapters.files.holds import HoldFiles
from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.core.progress.locks import Holder
from multigit.core.progress.stage_refs import stage_ref
from multigit.core.values.problem import Problem
from multigit.errors import LockedError, RefusedError
from multigit.operation.stage_locks import LocksInRemotes
from tests.core import builders
from tests.core.builders import ADA, API, to_publish
from tests.support.fake_git import FakeGit, gone_afterwards

PLAN = builders.plan(to_publish(API))
NOWHERE = HoldFiles(Path("/nowhere"))
LOCK = "refs/multigit/locks/stg"


@pytest.fixture
def git() -> FakeGit:
    """Return repositories that may have locks."""
    return FakeGit("ops", "other")


def locks(git: FakeGit, repo: str = "ops") -> LocksInRemotes:
    """Return the locks of a configuration that names this repository for them."""

    def of(name: str) -> RemoteLocks:
        if name not in git.repos:
            raise RefusedError(f"There is no {name}.")
        repository: Any = git[name]
        return RemoteLocks(repository)

    return LocksInRemotes(repo, of, NOWHERE)


def holder(git: FakeGit, repo: str = "ops") -> Holder | None:
    """Return the holder of the lock of stg."""
    remote = git[repo].remote
    if LOCK not in remote.refs:
        return None
    return stage_ref("stg", "", remote.objects.blobs[remote.refs[LOCK]]).holder


def say_nothing(problem: Problem) -> None:
    """Fail on any problem."""
    pytest.fail(problem.message)


def left_behind(git: FakeGit) -> list[Problem]:
    """Hold the locks of an operation, and keep them; return the problems."""
    heard: list[Problem] = []
    with locks(git).hold(locks(git).pinned(PLAN), ADA, heard.append) as taken:
        taken.keep()
    return heard


def test_without_a_place_there_are_none(git: FakeGit) -> None:
    """No repository is asked."""
    none = LocksInRemotes("", lambda _: pytest.fail("nobody has locks"), NOWHERE)
    with none.hold(none.pinned(PLAN), ADA, say_nothing) as taken:
        taken.keep()
    assert none.release(PLAN) == ()
    assert holder(git) is None


def test_a_lock_says_who_holds_it_and_what_for(git: FakeGit) -> None:
    """Others can see whom to ask."""
    with locks(git).hold(locks(git).pinned(PLAN), ADA, say_nothing):
        held = holder(git)
    assert held
    assert (held.operation, held.command, held.why) == (PLAN.operation, PLAN.command, PLAN.message)
    assert (held.who, held.host) == (ADA.identity, ADA.host)


def test_a_plan_keeps_the_place_of_its_locks(git: FakeGit) -> None:
    """They are taken and released there, even if the configuration changes later."""
    pinned = locks(git).pinned(PLAN)
    later = locks(git, "other")
    assert later.pinned(pinned) == pinned
    with later.hold(pinned, ADA, say_nothing):
        assert holder(git)
        assert holder(git, "other") is None
    assert holder(git) is None


def test_what_is_said_of_a_lock_fits_the_configuration(git: FakeGit) -> None:
    """If the configuration names another place, the hint restores the old one first."""
    pinned = locks(git).pinned(PLAN)
    assert "[lock]" not in left_behind(git)[0].hint
    git["ops"].remote.reachable = False
    (here,) = locks(git).release(pinned)
    (elsewhere,) = locks(git, "other").release(pinned)
    assert (here.code, elsewhere.code) == ("lock_unknown", "lock_unknown")
    assert elsewhere.hint == (
        f'First put [lock] with repo = "ops" into multigit.toml again. {here.hint}'
    )


def test_a_place_that_the_configuration_lost_is_told(git: FakeGit) -> None:
    """The problem says that the repository is missing."""
    left_behind(git)
    (problem,) = locks(git, "").release(replace(PLAN, lock_repo="gone"))
    assert problem.code == "lock_unknown"
    assert "There is no gone." in problem.message


def test_a_lock_whose_answer_was_lost_is_not_left(git: FakeGit) -> None:
    """The operation does not start, and its lock can be released once the remote answers."""
    git["ops"].remote.next_push = gone_afterwards
    with pytest.raises(LockedError), locks(git).hold(locks(git).pinned(PLAN), ADA, say_nothing):
        pytest.fail("nobody knows whether it is locked")
    git["ops"].remote.reachable = True
    assert locks(git).release(PLAN) == ()
    assert holder(git) is None
