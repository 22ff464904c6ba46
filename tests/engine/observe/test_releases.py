"""What a roll-back reads: releases, and what going back to one of them means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from multigit.core.records.release_history import releases_of
from multigit.core.records.releases import Known, Releases, Stood, WayBack
from multigit.core.values.commits import Commit, PendingCommits
from multigit.core.values.git_answers import Signature
from multigit.core.values.problem import Problem
from multigit.core.values.refs import tag_ref
from multigit.core.values.workspace import Stage
from multigit.engine.fleet import Fleet
from multigit.engine.observe.releases import (
    ReleaseObservation,
    Standpoint,
    commits_back,
    look_back,
)
from multigit.errors import GitError
from tests.core.builders import record, row
from tests.engine.observe.observing import look_at
from tests.engine.operations import Listening
from tests.support.fake_git import GRACE, FakeGit, FakeRepository

FIRST, SECOND = "deploy-20250115-160000", "deploy-20250115-170000"
FLEET = Fleet(Listening(), 2)


def stage(git: FakeGit) -> Stage:
    """Return the last stage."""
    return git.workspace.stage("main")


def commit(git: FakeGit, repo: str, path: str, message: str = "Change") -> str:
    """Commit on main, and return the commit."""
    return git[repo].remote.commit("main", {path: "1"}, message=message)


def standpoints(git: FakeGit, **now: str) -> Sequence[Standpoint]:
    """Return where the repositories are: at the remote's main, but `now` elsewhere."""
    repos = git.workspace.repos
    return [Standpoint(r, git[r.name].remote.tip("main"), now.get(r.name, "")) for r in repos]


def released(git: FakeGit) -> Releases:
    """Observe main, and return its releases as tags know them."""
    seen = look_at(git, ReleaseObservation(stage(git)))
    return releases_of(dict.fromkeys(seen, stage(git)), seen, [])


def newest(repository: FakeRepository, sha: str) -> Commit:
    """Return a commit as people name it."""
    made = repository.objects.commits[sha]
    return Commit(sha, made.time, "Grace Hopper", made.message)


def test_the_tags_of_the_stage_are_read_with_their_messages() -> None:
    """Those that only the clone has come without, so they are no releases."""
    git = FakeGit("api")
    tip = git["api"].remote.tip("main")
    git["api"].remote.tag(FIRST, tip)
    git["api"].remote.tag("stg-" + FIRST, tip)
    git["api"].own_refs[tag_ref(SECOND)] = tip
    (seen,) = look_at(git, ReleaseObservation(stage(git))).values()
    assert [tag.name for tag in seen.refs.tags] == [SECOND, FIRST]
    assert seen.tag_messages == {FIRST: FIRST}
    assert seen.refs.branch("main").remote == git["api"].objects.tip(tip)
    assert [each.name for each in released(git).known] == [FIRST]


def test_a_stage_without_tags_is_read_without_them() -> None:
    """Its branch is all that is asked for."""
    git = FakeGit("api")
    git["api"].remote.tag(FIRST, git["api"].remote.tip("main"))
    look = ReleaseObservation(replace(stage(git), tag=""))
    (seen,) = look_at(git, look).values()
    assert (seen.refs.tags, dict(seen.tag_messages)) == ((), {})
    assert seen.refs.branch("main").remote


def test_going_back_says_what_is_lost() -> None:
    """The commits since, the paths that differ, and the old tree; the remote is not asked."""
    git = FakeGit("api")
    api = git["api"]
    first = commit(git, "api", "a")
    api.remote.tag(FIRST, first)
    hotfix, second = commit(git, "api", "b", "fix: b"), commit(git, "api", "c", "feat: c")
    api.remote.tag(SECOND, second)
    releases = released(git)
    api.remote.reachable = False
    stood, old = Stood(first, Known.TAG, FIRST), (api.objects.tip(first),)
    expected = WayBack(
        "api",
        stood,
        second,
        api.objects.tip(first),
        PendingCommits(2, newest(api, second), old, ("feat: c", "fix: b")),
        ("b", "c"),
    )
    release = releases.find(FIRST)
    assert look_back(git, standpoints(git), releases, release, FLEET) == {"api": expected}
    less = replace(
        expected,
        now=hotfix,
        lost=PendingCommits(1, newest(api, hotfix), old, ("fix: b",)),
        paths=("b",),
        on_branch=(expected.lost, expected.paths),
    )
    points = standpoints(git, api=hotfix)
    assert look_back(git, points, releases, release, FLEET) == {"api": less}
    there = standpoints(git, api=first)
    assert look_back(git, there, releases, release, FLEET) == {
        "api": WayBack("api", stood, first, api.objects.tip(first), on_branch=less.on_branch)
    }


def test_the_history_tells_what_an_untouched_repository_had() -> None:
    """The first-parent commit at that time; one that was begun later had none."""
    git = FakeGit("api", "web", "late")
    late = git["late"]
    commit(git, "api", "a")
    git["api"].remote.tag(FIRST, commit(git, "api", "b"))
    _, then, _ = (commit(git, "web", path) for path in "xyz")
    begun = Signature("Late", f"{late.objects.time(late.remote.tip('main')) + 999} +0000")
    root = late.objects.commit({"l": "1"}, [], begun, GRACE)
    late.remote.refs["refs/heads/main"] = root.sha
    releases = released(git)
    (release,) = releases.known
    assert release.unread() == ("web", "late")
    ways = look_back(git, standpoints(git), releases, release, FLEET)
    assert {name: way.stood for name, way in ways.items()} == {
        "api": Stood(git["api"].remote.tip("main"), Known.TAG, FIRST),
        "web": Stood(then, Known.HISTORY),
        "late": Stood(missing="main had no commit there yet."),
    }
    assert (ways["web"].lost.commits, ways["web"].paths) == (1, ("z",))
    assert (ways["late"].old, ways["late"].now, ways["late"].error) == (None, root.sha, None)


def test_what_was_pushed_by_hand_before_the_release_is_told() -> None:
    """No one released it, so the way back leaves it out, and says so."""
    git = FakeGit("api", "web")
    web = git["web"]
    tagged = commit(git, "web", "w")
    web.remote.tag(FIRST, tagged)
    by_hand = commit(git, "web", "hotfix", "fix: by hand")
    for path in "abc":
        commit(git, "api", path)
    git["api"].remote.tag(SECOND, git["api"].remote.tip("main"))
    after = commit(git, "web", "later")
    releases = released(git)
    way = look_back(git, standpoints(git), releases, releases.find(SECOND), FLEET)["web"]
    assert way.stood == Stood(tagged, Known.TAG, FIRST)
    assert way.lost.commits == 2
    told = PendingCommits(1, newest(web, by_hand), subjects=("fix: by hand",))
    assert (way.now, way.besides) == (after, told)


def test_what_a_release_moved_is_what_it_released() -> None:
    """Nothing is missing there, even if the branch had more commits by then."""
    git = FakeGit("api")
    first = commit(git, "api", "a")
    commit(git, "api", "b")
    git["api"].remote.tag(FIRST, first)
    releases = released(git)
    way = look_back(git, standpoints(git), releases, releases.find(FIRST), FLEET)["api"]
    assert (way.lost.commits, way.besides) == (1, PendingCommits())


def test_a_commit_that_is_gone_is_an_error_of_its_repository() -> None:
    """The log knows of one that the remote's branch no longer has."""
    git = FakeGit("api", "web")
    seen = look_at(git, ReleaseObservation(stage(git)))
    gone = "1" * 40
    kept = record("o", row(gone), row(git["web"].remote.tip("main"), repo="web"), stage="main")
    releases = releases_of(
        dict.fromkeys(seen, replace(stage(git), tag="")), seen, [replace(kept, release="one")]
    )
    ways = look_back(git, standpoints(git), releases, releases.find("one"), FLEET)
    problem = Problem(
        "release_gone",
        "1111111, which it had at one, no longer exists.",
        "Choose another release, or leave the repository out.",
    )
    now = git["api"].remote.tip("main")
    assert ways["api"] == WayBack("api", Stood(gone, Known.LOG), now, error=problem)
    assert ways["web"].error is None


def test_a_list_counts_the_commits_of_each_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """By repository; what is not known, cannot be read, or has it already, is not counted."""
    git = FakeGit("api", "web", "broken")
    for repo in ("api", "broken"):
        git[repo].remote.tag(FIRST, commit(git, repo, "a"))
    git["web"].remote.tag(SECOND, commit(git, "web", "w"))
    for path in "bcd":
        commit(git, "api", path)
    git["api"].remote.tag(SECOND, commit(git, "api", "e"))
    commit(git, "api", "f")
    releases = released(git)
    assert [each.name for each in releases.known] == [SECOND, FIRST]
    monkeypatch.setattr(git["broken"], "behind", failing)
    counts = commits_back(git, standpoints(git), releases.known, FLEET)
    assert counts == {SECOND: {"api": 1}, FIRST: {"api": 5}}
    assert commits_back(git, standpoints(git), (), FLEET) == {}


def failing(_tip: str, _commits: Sequence[str]) -> dict[str, int]:
    """Raise what a broken clone raises."""
    raise GitError("git rev-list failed.")
