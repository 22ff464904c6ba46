"""Observing for pulls."""

from __future__ import annotations

from multigit.core.planning.pull import PullRequest
from multigit.core.values.snapshot import Snapshot
from multigit.engine.observe.pull import PullObservation
from tests.engine.observe.observing import look_at
from tests.engine.operations import MOMENT
from tests.support.fake_git import FakeGit


def test_a_missing_clone_is_not_fetched() -> None:
    """The snapshot only says that it is missing."""
    git = FakeGit("api")
    git["api"].remove()
    request = PullRequest(git.workspace.stage("dev"), MOMENT, git.workspace.repos)
    assert look_at(git, PullObservation(request))["api"] == Snapshot("api", missing=True)


def test_pull_compares_the_local_branch_with_the_remote_one() -> None:
    """The numbers are those after a fetch."""
    git = FakeGit("api")
    git["api"].local_commit({"a": "1"})
    git["api"].remote.commit("dev", {"b": "1"})
    git["api"].remote.commit("dev", {"b": "2"})
    request = PullRequest(git.workspace.stage("dev"), MOMENT, git.workspace.repos)
    seen = look_at(git, PullObservation(request))["api"]
    assert (seen.ahead, seen.behind) == (1, 2)
    assert seen.work
    assert seen.work.branch == "dev"
