"""Observing for promotions and back-merges."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.routes import hops_down
from multigit.core.values.clone_facts import CloneFacts
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.observe.observation import Observation
from tests.engine.observe.observing import look_at, promotion
from tests.engine.operations import MOMENT
from tests.support.fake_git import FakeGit


def back_merge(git: FakeGit) -> Observation:
    """Return the observation for a back-merge of all stages."""
    space = git.workspace
    return MergeObservation(
        MergeRequest("backmerge", MOMENT, hops_down(space, None, space.repos), space.repos)
    )


def test_a_promotion_is_merged_before_it_is_planned() -> None:
    """The commit exists with both tips as parents, and the commits and files are counted."""
    git = FakeGit("api")
    remote = git["api"].remote
    remote.commit("dev", {"a": "1"})
    source, target = remote.commit("dev", {"b": "1"}), remote.commit("stg", {"c": "1"})
    (merge,) = look_at(git, promotion(git))["api"].merges
    commit = git["api"].objects.commits[merge.result.commit]
    assert commit.parents == (target, source)
    assert (commit.message, commit.time) == ("Ship it", 1736953290)
    assert (merge.result.files, merge.waiting.commits, merge.waiting.forks) == (2, 2, ())
    assert (merge.source, merge.target, merge.blocked, merge.nothing) == (
        "dev",
        "stg",
        False,
        False,
    )


def test_nothing_to_promote_is_a_merge_without_commit() -> None:
    """No commits are waiting."""
    git = FakeGit("api")
    (merge,) = look_at(git, promotion(git))["api"].merges
    assert merge.nothing
    assert (merge.result.commit, merge.waiting.commits) == ("", 0)


def test_a_conflict_names_its_files() -> None:
    """The number of waiting commits is counted as well."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "dev"})
    git["api"].remote.commit("stg", {"a": "stg"})
    (merge,) = look_at(git, promotion(git))["api"].merges
    assert (merge.blocked, merge.result.conflicts, merge.result.commit) == (True, ("a",), "")
    assert merge.waiting.commits == 1


def test_a_missing_branch_leaves_nothing_to_merge() -> None:
    """The refs show that it is missing."""
    git = FakeGit("api")
    git["api"].remote.delete("stg")
    seen = look_at(git, promotion(git))["api"]
    assert (seen.merges, seen.refs.branch("stg").remote, seen.error) == ((), None, None)


def test_a_shallow_clone_is_not_merged() -> None:
    """The result would be wrong."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "1"})
    git["api"].settings = CloneFacts(shallow=True, identity="Ada <ada@example.org>")
    assert look_at(git, promotion(git))["api"].merges == ()


def test_without_an_identity_merges_are_only_tried() -> None:
    """Conflicts are found, and no commit is made."""
    git = FakeGit("api", "web")
    for name, repo in git.repos.items():
        repo.settings = replace(repo.settings, identity="")
        repo.remote.commit("dev", {"a": "dev"})
        repo.remote.commit("stg", {name: "stg"})
    git["web"].remote.commit("stg", {"a": "stg"})
    seen = look_at(git, promotion(git))
    assert [(m.result.commit, m.result.conflicts) for m in seen["api"].merges] == [("", ())]
    assert [(m.result.commit, m.result.conflicts) for m in seen["web"].merges] == [("", ("a",))]


def test_each_hop_builds_on_the_one_before() -> None:
    """The hotfix reaches dev through the new commit of stg."""
    git = FakeGit("api")
    git["api"].remote.commit("main", {"hotfix": "1"})
    dev = git["api"].remote.commit("dev", {"d": "1"})
    first, second = look_at(git, back_merge(git))["api"].merges
    assert (first.source, first.target) == ("main", "stg")
    assert (second.source, second.target) == ("stg", "dev")
    assert second.theirs.sha == first.result.commit
    assert git["api"].objects.commits[second.result.commit].parents == (dev, first.result.commit)


def test_a_hop_with_nothing_to_do_passes_its_own_tip_on() -> None:
    """Commits that only stg has still reach dev."""
    git = FakeGit("api")
    stg = git["api"].remote.commit("stg", {"s": "1"})
    first, second = look_at(git, back_merge(git))["api"].merges
    assert first.nothing
    assert second.theirs.sha == stg
    assert second.result.commit


def test_no_hop_follows_a_conflict() -> None:
    """The second merge would have nothing to build on."""
    git = FakeGit("api")
    git["api"].remote.commit("main", {"a": "main"})
    git["api"].remote.commit("stg", {"a": "stg"})
    (merge,) = look_at(git, back_merge(git))["api"].merges
    assert merge.result.conflicts == ("a",)


def test_tags_in_the_way_of_the_release_are_found() -> None:
    """Only those that start with its name, and none for a back-merge."""
    git = FakeGit("api")
    remote = git["api"].remote
    for name in ("stg-deploy-20250115-150130", "stg-deploy-20250115-150130-2", "stg-deploy-1"):
        remote.tag(name, remote.tip("stg"))
    tags = look_at(git, promotion(git))["api"].refs.tags
    assert [t.name for t in tags] == ["stg-deploy-20250115-150130", "stg-deploy-20250115-150130-2"]
    fresh = FakeGit("api")
    fresh["api"].remote.tag("deploy-20250115-150130", fresh["api"].remote.tip("stg"))
    assert look_at(fresh, back_merge(fresh))["api"].refs.tags == ()
