"""Observing for pushes."""

from __future__ import annotations

from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Change
from multigit.engine.observe.push import PushObservation
from tests.engine.observe.observing import look_at
from tests.engine.operations import push_request
from tests.support.fake_git import FakeGit


def look_for_push(git: FakeGit, promote_to: str = "") -> Snapshot:
    """Observe the repository api as `multigit push dev` does."""
    return look_at(git, PushObservation(push_request(git, promote_to), git.workspace.push))["api"]


def test_push_sees_files_and_unpushed_commits() -> None:
    """Files with their sizes, and how far the branch is ahead and behind."""
    git = FakeGit("api")
    git["api"].local_commit({"a": "1"}, "one")
    tip = git["api"].local_commit({"a": "2"}, "two")
    git["api"].remote.commit("dev", {"b": "1"})
    git["api"].write({"c": "12345"})
    seen = look_for_push(git)
    assert seen.work
    assert seen.work.changes == (Change("c", "untracked", 5),)
    assert (seen.ahead, seen.behind, seen.unpushed.commits) == (2, 1, 2)
    assert seen.unpushed.newest
    assert seen.unpushed.newest.sha == tip
    assert (seen.commit, seen.merges) == (None, ())


def test_a_branch_that_is_not_on_the_remote_is_all_unpushed() -> None:
    """Commits that other branches of the remote have do not count."""
    git = FakeGit("api")
    git["api"].remote.delete("dev")
    git["api"].local_commit({"a": "1"})
    seen = look_for_push(git)
    assert (seen.ahead > 0, seen.behind, seen.unpushed.commits) == (True, 0, 1)


def test_a_promotion_after_the_push_merges_the_commit_to_come() -> None:
    """Local commits and changed files are in the preview; nothing is committed yet."""
    git = FakeGit("api")
    git["api"].local_commit({"a": "1"})
    git["api"].write({"b": "1", "litter.swp": "1"})
    seen = look_for_push(git, "stg")
    assert seen.commit
    assert seen.merges[0].theirs.sha == seen.commit.sha
    files = git["api"].objects.files(seen.merges[0].result.commit)
    assert set(files) == {"README.md", "a", "b"}


def test_without_changes_the_promotion_merges_the_local_branch() -> None:
    """The local branch if it is ahead, otherwise the remote's."""
    git = FakeGit("api")
    assert look_for_push(git, "stg").merges[0].nothing
    tip = git["api"].local_commit({"a": "1"})
    seen = look_for_push(git, "stg")
    assert (seen.commit, seen.merges[0].theirs.sha) == (None, tip)


def test_changes_on_another_branch_are_no_part_of_it() -> None:
    """The promotion uses the remote's branch."""
    git = FakeGit("api")
    git["api"].create_branch("main")
    git["api"].switch("main")
    git["api"].write({"a": "1"})
    tip = git["api"].remote.commit("dev", {"d": "1"})
    seen = look_for_push(git, "stg")
    assert (seen.commit, seen.merges[0].theirs.sha) == (None, tip)
