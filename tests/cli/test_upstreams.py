"""Local commits are counted against the stage's branch, whatever upstream the branch has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.answers import DONE, REFUSED, codes, rows, states
from tests.support.forge import Forge, ForgeRepo, untouched


def none(repo: ForgeRepo) -> None:
    """Leave the branch without an upstream."""
    repo.git("branch", "--quiet", "--unset-upstream", "dev")


def another_branch(repo: ForgeRepo) -> None:
    """Set the upstream to another branch of the remote, with another commit."""
    repo.commit("main", {"on-main": "1\n"})
    repo.git("fetch", "--quiet")
    repo.git("branch", "--quiet", "--set-upstream-to=origin/main", "dev")


def another_remote(repo: ForgeRepo) -> None:
    """Set the upstream to a fork."""
    repo.git("remote", "add", "fork", repo.url)
    repo.git("fetch", "--quiet", "fork")
    repo.git("branch", "--quiet", "--set-upstream-to=fork/dev", "dev")


def a_triangle(repo: ForgeRepo) -> None:
    """Pull from the fork, push to origin."""
    another_remote(repo)
    repo.git("config", "remote.pushDefault", "origin")
    repo.git("config", "branch.dev.pushRemote", "origin")


def a_local_branch(repo: ForgeRepo) -> None:
    """Set the upstream to a branch of the clone itself."""
    repo.git("branch", "--quiet", "mine")
    repo.git("branch", "--quiet", "--set-upstream-to=mine", "dev")


def a_branch_that_is_gone(repo: ForgeRepo) -> None:
    """Set the upstream to a branch that no longer exists."""
    repo.git("config", "branch.dev.merge", "refs/heads/gone")


def one_branch_cloned(repo: ForgeRepo) -> None:
    """Make the clone fetch only main, as with --single-branch."""
    repo.git("config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main")


UPSTREAMS = (
    none,
    another_branch,
    another_remote,
    a_triangle,
    a_local_branch,
    a_branch_that_is_gone,
    one_branch_cloned,
)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    """Return a clone for each upstream, with two commits of its own and one of a colleague's."""
    forge = Forge(tmp_path_factory.mktemp("upstreams"))
    for upstream in UPSTREAMS:
        repo = forge.add(upstream.__name__)
        repo.local_commit({"mine": "1\n"})
        repo.local_commit({"mine": "2\n"})
        upstream(repo)
        repo.commit("dev", {"theirs": "1\n"})
    forge.write_config()
    return forge


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_status_counts_against_the_stage(
    forge: Forge, upstream: Callable[[ForgeRepo], None]
) -> None:
    """Two ahead and one behind, whatever git status says."""
    with untouched(forge):
        row = rows(forge.json("status", upstream.__name__, check=DONE))[upstream.__name__]
    assert (row["branch"], row["ahead"], row["behind"]) == ("dev", 2, 1)
    assert row["unpushed"] == {"dev": 2}


def test_status_tells_of_stages_that_are_not_checked_out(forge: Forge) -> None:
    """Unpushed commits are shown per stage; the feature branch has no upstream."""
    for repo in forge.repos.values():
        repo.git("switch", "--quiet", "--create", "feature")
        repo.local_commit({"feature": "1\n"})
    try:
        with untouched(forge):
            document = forge.json("status", check=DONE)
            lines = forge.run("status", "--no-fetch", check=DONE).stdout.splitlines()
    finally:
        for repo in forge.repos.values():
            repo.git("switch", "--quiet", "dev")
            repo.git("branch", "--quiet", "--delete", "--force", "feature")
    for name, row in rows(document).items():
        assert (row["branch"], row["ahead"], row["behind"]) == ("feature", None, None)
        assert row["unpushed"] == {"dev": 2}
        assert f"  ! {name}: 2 unpushed commits on dev." in lines


def test_promotion_push_and_pull_tell_of_them(forge: Forge) -> None:
    """A promotion warns about them; push and pull report the branch as diverged."""
    with untouched(forge):
        promotion = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
        push = forge.json("push", "dev", "--dry-run", check=REFUSED)
    for name in forge.repos:
        (warning,) = rows(promotion)[name]["problems"]
        assert (warning["code"], "2 unpushed" in warning["message"]) == ("unpushed_commits", True)
        assert codes(rows(push)[name]) == ["diverged"]
    for name in forge.repos:
        pull = forge.json("pull", "dev", "--repo", name, check=REFUSED)
        assert codes(rows(pull)[name]) == ["diverged"]


@pytest.mark.parametrize("upstream", [another_branch, a_triangle, one_branch_cloned])
def test_push_takes_them_to_the_stage(
    tmp_path_factory: pytest.TempPathFactory, upstream: Callable[[ForgeRepo], None]
) -> None:
    """They are pushed to the stage's branch of the remote, and nowhere else."""
    forge = Forge(tmp_path_factory.mktemp("push"))
    repo = forge.add("api")
    mine = repo.local_commit({"mine": "1\n"})
    upstream(repo)
    forge.write_config()
    main = repo.tip("main")
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"api": "published"}
    assert rows(document)["api"]["commits"] == 1
    assert (repo.tip("dev"), repo.tip("main")) == (mine, main)
    assert rows(forge.json("status", check=DONE))["api"]["ahead"] == 0
