"""Observing for status."""

from __future__ import annotations

import pytest

from multigit.engine.observe.observation import Observation
from multigit.engine.observe.status import StatusObservation
from multigit.errors import GitError
from tests.engine.observe.observing import look_at
from tests.support.fake_git import FakeGit


def status(git: FakeGit, *, fetch: bool = True) -> Observation:
    """Return the observation for status."""
    space = git.workspace
    return StatusObservation(space.stages, space.pairs(), fetch=fetch)


def test_status_shows_what_waits_in_both_directions() -> None:
    """Commits to promote, and hotfix debt; pairs without either are left out."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "1"})
    git["api"].remote.commit("main", {"hotfix": "1"})
    seen = look_at(git, status(git))["api"]
    forward = {(m.source, m.target): m.waiting.commits for m in seen.merges if not m.nothing}
    back = {(m.source, m.target): m.waiting.commits for m in seen.debts}
    assert forward == {("dev", "stg"): 1}
    assert back == {("main", "stg"): 1}


def test_status_previews_conflicts_without_a_commit() -> None:
    """Nothing will be published, so no commit is made."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "dev"})
    git["api"].remote.commit("stg", {"a": "stg"})
    merges = look_at(git, status(git))["api"].merges
    assert [(m.target, m.result.conflicts, m.result.commit) for m in merges] == [
        ("stg", ("a",), ""),
        ("main", (), ""),
    ]


def test_status_shows_what_was_fetched_last_when_the_remote_is_gone() -> None:
    """The snapshot is marked as stale."""
    git = FakeGit("api")
    tip = git["api"].own_refs["refs/remotes/origin/dev"]
    git["api"].remote.reachable = False
    seen = look_at(git, status(git))["api"]
    assert seen.stale
    assert (seen.stale.code, seen.error) == ("unreachable", None)
    remote = seen.refs.branch("dev").remote
    assert remote
    assert remote.sha == tip


@pytest.mark.parametrize("code", ["missing", "not_a_repository", "foreign_owner"])
def test_status_of_something_that_is_no_clone_is_an_error(code: str) -> None:
    """There is nothing to show."""
    git = FakeGit("api")
    git["api"].broken = GitError("is not there.", code=code)
    seen = look_at(git, status(git))["api"]
    assert seen.error
    assert seen.error.code == code


def test_status_works_without_the_remote() -> None:
    """With --no-fetch the snapshot is not stale."""
    git = FakeGit("api")
    git["api"].remote.reachable = False
    seen = look_at(git, status(git, fetch=False))["api"]
    assert (seen.stale, seen.error) == (None, None)
