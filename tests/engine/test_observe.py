"""Looking: what is read for which command, and that nothing changes by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from multigit.core.planning.merges import MergeRequest, hop, hops_down
from multigit.core.planning.pull import PullRequest
from multigit.core.reports.status import StatusRequest
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Change, Facts, Snapshot
from multigit.engine.fleet import Rest
from multigit.engine.observe import (
    Look,
    look_at_merges,
    look_at_pull,
    look_at_push,
    look_at_status,
    observe,
)
from multigit.errors import GitError
from tests.engine.operations import MOMENT, Listening, push_request
from tests.support.fake_git import FakeGit, FakeRepository


def look_at(git: FakeGit, look: Look, *, jobs: int = 4) -> Mapping[str, Snapshot]:
    """Look at all repositories, and see that nothing of the user's changes."""
    before = {name: users(repo) for name, repo in git.repos.items()}
    remotes = git.remote_refs()
    seen = observe(git, git.workspace.repos, look, jobs=jobs, listener=Listening())
    assert {name: users(repo) for name, repo in git.repos.items()} == before
    assert git.remote_refs() == remotes
    return seen


def users(repo: FakeRepository) -> tuple[object, ...]:
    """Return what belongs to the user: branches, tags, HEAD, index and files."""
    own = {r: s for r, s in repo.own_refs.items() if r.startswith(("refs/heads/", "refs/tags/"))}
    return own, repo.branch, repo.detached, dict(repo.index), dict(repo.files)


def promotion(git: FakeGit) -> Look:
    """Return how to look for a promotion of dev to stg."""
    space = git.workspace
    hops = (hop(space, space.stage("dev"), space.stage("stg"), "Ship it"),)
    return look_at_merges(MergeRequest("promote", MOMENT, hops, space.repos))


def back_merge(git: FakeGit) -> Look:
    """Return how to look for a back-merge of all stages."""
    space = git.workspace
    return look_at_merges(MergeRequest("backmerge", MOMENT, hops_down(space, None), space.repos))


def status(git: FakeGit, *, fetch: bool = True) -> Look:
    """Return how to look for the status."""
    space = git.workspace
    return look_at_status(StatusRequest(space.repos, space.stages, space.pairs(), fetch=fetch))


# --- All commands


def test_every_repository_is_looked_at() -> None:
    """Fetched first: each snapshot shows what the remote has now."""
    git = FakeGit("api", "web")
    tips = {name: repo.remote.commit("dev", {"a": "1"}) for name, repo in git.repos.items()}
    seen = look_at(git, promotion(git))
    remotes = {name: snapshot.refs.branch("dev").remote for name, snapshot in seen.items()}
    assert {name: tip.sha for name, tip in remotes.items() if tip} == tips


def test_a_repository_that_cannot_be_read_says_why() -> None:
    """The others are read all the same."""
    git = FakeGit("api", "web")
    git["api"].broken = GitError("is no git repository.", hint="Move it.", code="not_a_repository")
    git["web"].remote.commit("dev", {"a": "1"})
    seen = look_at(git, promotion(git))
    problem = Problem("not_a_repository", "is no git repository.", "Move it.")
    assert seen["api"] == Snapshot("api", error=problem)
    assert seen["web"].error is None
    assert seen["web"].merges


def test_a_bug_is_no_snapshot() -> None:
    """Only our own errors are facts about a repository."""
    git = FakeGit("api")

    def look(*_: object) -> Rest[Snapshot]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        look_at(git, look)


def test_ctrl_c_while_looking_ends_everything(press_ctrl_c: Callable[[], None]) -> None:
    """Nothing has happened yet, so nothing is to be told."""
    git = FakeGit("api", "web")

    def look(*_: object) -> Rest[Snapshot]:
        press_ctrl_c()
        return Rest(lambda: Snapshot("api"))

    with pytest.raises(KeyboardInterrupt):
        look_at(git, look, jobs=1)


def test_the_listener_hears_of_every_repository() -> None:
    """When it begins and how it ended."""
    git, heard = FakeGit("api", "web"), Listening()
    git["web"].broken = GitError("is broken.")
    observe(git, git.workspace.repos, promotion(git), jobs=1, listener=heard)
    assert heard.heard[0] == ("Reading", "api", "web")
    assert [event for event in heard.heard if event[0] == "api"] == [
        ("api", "fetching"),
        ("api", "read", ""),
    ]
    assert [event for event in heard.heard if event[0] == "web"] == [
        ("web", "fetching"),
        ("web", "failed", "is broken."),
    ]


def test_the_listener_hears_nothing_of_a_fetch_that_is_not_made() -> None:
    """A look that asks no remote says so."""
    git, heard = FakeGit("api"), Listening()
    look = promotion(git)
    observe(git, git.workspace.repos, look, jobs=1, listener=heard, doing="reading")
    assert ("api", "reading") in heard.heard
    assert ("api", "fetching") not in heard.heard


# --- Promotions and back-merges


def test_a_promotion_is_merged_before_it_is_planned() -> None:
    """The commit exists, its two parents are the tips, and what it brings is counted."""
    git = FakeGit("api")
    remote = git["api"].remote
    remote.commit("dev", {"a": "1"})
    source, target = remote.commit("dev", {"b": "1"}), remote.commit("stg", {"c": "1"})
    (merge,) = look_at(git, promotion(git))["api"].merges
    commit = git["api"].objects.commits[merge.commit]
    assert commit.parents == (target, source)
    assert (commit.message, commit.time) == ("Ship it", 1736953290)
    assert (merge.files, merge.waiting.commits, merge.waiting.forks) == (2, 2, ())
    assert (merge.source, merge.target, merge.blocked, merge.nothing) == (
        "dev",
        "stg",
        False,
        False,
    )


def test_nothing_to_promote_is_a_merge_without_commit() -> None:
    """And nothing waits."""
    git = FakeGit("api")
    (merge,) = look_at(git, promotion(git))["api"].merges
    assert merge.nothing
    assert (merge.commit, merge.waiting.commits) == ("", 0)


def test_a_conflict_is_seen_with_its_files() -> None:
    """And with how much was to come."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "dev"})
    git["api"].remote.commit("stg", {"a": "stg"})
    (merge,) = look_at(git, promotion(git))["api"].merges
    assert (merge.blocked, merge.conflicts, merge.commit) == (True, ("a",), "")
    assert merge.waiting.commits == 1


def test_a_missing_branch_leaves_nothing_to_merge() -> None:
    """Its absence is in the refs."""
    git = FakeGit("api")
    git["api"].remote.delete("stg")
    seen = look_at(git, promotion(git))["api"]
    assert (seen.merges, seen.refs.branch("stg").remote, seen.error) == ((), None, None)


def test_a_shallow_clone_is_not_merged() -> None:
    """It would come out wrong."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "1"})
    git["api"].settings = Facts(shallow=True, identity="Ada <ada@example.org>")
    assert look_at(git, promotion(git))["api"].merges == ()


def test_without_an_identity_merges_are_only_looked_at() -> None:
    """A conflict is found; no commit is made."""
    git = FakeGit("api", "web")
    for name, repo in git.repos.items():
        repo.settings = replace(repo.settings, identity="")
        repo.remote.commit("dev", {"a": "dev"})
        repo.remote.commit("stg", {name: "stg"})
    git["web"].remote.commit("stg", {"a": "stg"})
    seen = look_at(git, promotion(git))
    assert [(m.commit, m.conflicts) for m in seen["api"].merges] == [("", ())]
    assert [(m.commit, m.conflicts) for m in seen["web"].merges] == [("", ("a",))]


def test_each_hop_builds_on_the_one_before() -> None:
    """The hotfix reaches dev through stg's new commit."""
    git = FakeGit("api")
    git["api"].remote.commit("main", {"hotfix": "1"})
    dev = git["api"].remote.commit("dev", {"d": "1"})
    first, second = look_at(git, back_merge(git))["api"].merges
    assert (first.source, first.target) == ("main", "stg")
    assert (second.source, second.target) == ("stg", "dev")
    assert second.theirs.sha == first.commit
    assert git["api"].objects.commits[second.commit].parents == (dev, first.commit)


def test_a_hop_with_nothing_to_do_passes_its_own_tip_on() -> None:
    """What only stg has still reaches dev."""
    git = FakeGit("api")
    stg = git["api"].remote.commit("stg", {"s": "1"})
    first, second = look_at(git, back_merge(git))["api"].merges
    assert first.nothing
    assert second.theirs.sha == stg
    assert second.commit


def test_no_hop_follows_a_conflict() -> None:
    """The second merge would build on nothing."""
    git = FakeGit("api")
    git["api"].remote.commit("main", {"a": "main"})
    git["api"].remote.commit("stg", {"a": "stg"})
    (merge,) = look_at(git, back_merge(git))["api"].merges
    assert merge.conflicts == ("a",)


def test_tags_in_the_way_of_the_release_are_seen() -> None:
    """Those that begin like its name, and no others; a back-merge needs none."""
    git = FakeGit("api")
    remote = git["api"].remote
    for name in ("stg-deploy-20250115-150130", "stg-deploy-20250115-150130-2", "stg-deploy-1"):
        remote.tag(name, remote.tip("stg"))
    tags = look_at(git, promotion(git))["api"].refs.tags
    assert [t.name for t in tags] == ["stg-deploy-20250115-150130", "stg-deploy-20250115-150130-2"]
    fresh = FakeGit("api")
    fresh["api"].remote.tag("deploy-20250115-150130", fresh["api"].remote.tip("stg"))
    assert look_at(fresh, back_merge(fresh))["api"].refs.tags == ()


# --- Push


def look_for_push(git: FakeGit, promote_to: str = "") -> Snapshot:
    """Look at the repository api as `multigit push dev` does."""
    return look_at(git, look_at_push(push_request(git, promote_to), git.workspace.push))["api"]


def test_push_sees_files_and_unpushed_commits() -> None:
    """With sizes, and how far the branch is ahead and behind."""
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
    """Counted against what the remote has elsewhere."""
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
    files = git["api"].objects.files(seen.merges[0].commit)
    assert set(files) == {"README.md", "a", "b"}


def test_without_changes_the_promotion_merges_the_local_branch() -> None:
    """Where that is ahead; otherwise the remote's."""
    git = FakeGit("api")
    assert look_for_push(git, "stg").merges[0].nothing
    tip = git["api"].local_commit({"a": "1"})
    seen = look_for_push(git, "stg")
    assert (seen.commit, seen.merges[0].theirs.sha) == (None, tip)


def test_changes_on_another_branch_are_no_part_of_it() -> None:
    """The promotion takes what the remote has."""
    git = FakeGit("api")
    git["api"].create_branch("main")
    git["api"].switch("main")
    git["api"].write({"a": "1"})
    tip = git["api"].remote.commit("dev", {"d": "1"})
    seen = look_for_push(git, "stg")
    assert (seen.commit, seen.merges[0].theirs.sha) == (None, tip)


# --- Pull


def test_a_missing_clone_is_not_fetched() -> None:
    """Nothing else is known of it."""
    git = FakeGit("api")
    git["api"].remove()
    request = PullRequest(git.workspace.stage("dev"), MOMENT, git.workspace.repos)
    assert look_at(git, look_at_pull(request))["api"] == Snapshot("api", missing=True)


def test_pull_compares_the_local_branch_with_the_remote_one() -> None:
    """After a fetch."""
    git = FakeGit("api")
    git["api"].local_commit({"a": "1"})
    git["api"].remote.commit("dev", {"b": "1"})
    git["api"].remote.commit("dev", {"b": "2"})
    request = PullRequest(git.workspace.stage("dev"), MOMENT, git.workspace.repos)
    seen = look_at(git, look_at_pull(request))["api"]
    assert (seen.ahead, seen.behind) == (1, 2)
    assert seen.work
    assert seen.work.branch == "dev"


# --- Status


def test_status_shows_what_waits_in_both_directions() -> None:
    """Promotions on one side, hotfix debt on the other; equal stages not at all."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "1"})
    git["api"].remote.commit("main", {"hotfix": "1"})
    seen = look_at(git, status(git))["api"]
    forward = {(m.source, m.target): m.waiting.commits for m in seen.merges if not m.nothing}
    back = {(m.source, m.target): m.waiting.commits for m in seen.debts}
    assert forward == {("dev", "stg"): 1}
    assert back == {("main", "stg"): 1}


def test_status_previews_conflicts_without_a_commit() -> None:
    """There is nothing to publish."""
    git = FakeGit("api")
    git["api"].remote.commit("dev", {"a": "dev"})
    git["api"].remote.commit("stg", {"a": "stg"})
    merges = look_at(git, status(git))["api"].merges
    assert [(m.target, m.conflicts, m.commit) for m in merges] == [
        ("stg", ("a",), ""),
        ("main", (), ""),
    ]


def test_status_shows_what_was_fetched_last_when_the_remote_is_gone() -> None:
    """And says that it is old."""
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
    """Nothing can be shown of it."""
    git = FakeGit("api")
    git["api"].broken = GitError("is not there.", code=code)
    seen = look_at(git, status(git))["api"]
    assert seen.error
    assert seen.error.code == code


def test_status_works_without_the_remote() -> None:
    """When it is told not to fetch, nothing is missed and nothing is called old."""
    git = FakeGit("api")
    git["api"].remote.reachable = False
    seen = look_at(git, status(git, fetch=False))["api"]
    assert (seen.stale, seen.error) == (None, None)
