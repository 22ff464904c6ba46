"""After a roll-back by hand, no promotion and no back-merge loses work without a word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.answers import DONE, REFUSED, codes, rows, states
from tests.support.forge import Forge, ForgeRepo, remotes_untouched

RELEASE = ("promote", "stg", "main", "--confirm", "main")
DOWN = ("promote", "main", "stg", "--yes")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with two commits that reached main, and a desk on main."""
    repo = forge.add("api", files={"a.txt": "1\n2\n3\n", "b.txt": "b\n"})
    repo.commit("stg", {"a.txt": "1\ntwo\n3\n"}, message="feat: two")
    repo.commit("stg", {"new.txt": "new\n"}, message="feat: new")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    return repo


def on(repo: ForgeRepo, branch: str, *commands: tuple[str, ...]) -> None:
    """Do as a colleague does by hand: take the branch as it is, change it, push."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
    for command in commands:
        repo.git(*command)
    repo.git("push", "--quiet", "origin", branch)
    repo.git("checkout", "--quiet", "--detach")


def revert_the_release(repo: ForgeRepo) -> str:
    """Revert the merge on main, and return the new commit."""
    on(repo, "main", ("revert", "--no-edit", "-m", "1", "HEAD"))
    return repo.tip("main")


def put_the_old_tree_back(repo: ForgeRepo) -> str:
    """Let main have the tree from before the release, in a commit that does not say so."""
    repo.git("fetch", "--quiet", "origin")
    tree = "origin/main^1^{tree}"
    made = repo.git("commit-tree", "-p", "origin/main", "-m", "Back to v1", tree).strip()
    repo.git("push", "--quiet", "origin", f"{made}:refs/heads/main")
    return made


def keep_the_work(repo: ForgeRepo, earlier: str, later: str, reverted: str) -> None:
    """Do what the hint says."""
    on(
        repo,
        earlier,
        ("merge", "--quiet", "--no-edit", f"origin/{later}"),
        ("revert", "--no-edit", reverted),
    )


@pytest.mark.parametrize("roll_back", [revert_the_release, put_the_old_tree_back])
def test_a_promotion_after_a_roll_back_is_blocked(
    forge: Forge, api: ForgeRepo, roll_back: Callable[[ForgeRepo], str]
) -> None:
    """Also when stg was mended meanwhile: git would leave the two commits out, without a word."""
    reverted = roll_back(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    with remotes_untouched(forge):
        document = forge.json(*RELEASE, check=REFUSED)

    assert codes(rows(document)["api"]) == ["reverted_work"]
    problem = rows(document)["api"]["problems"][0]
    assert problem["message"] == (
        f"{reverted[:7]} on main takes back 2 commits of stg: merged now, they stay out of main."
    )
    assert f"git revert {reverted[:7]}" in problem["hint"]
    assert "--accept-reverts" in problem["hint"]


def test_with_nothing_new_it_is_not_called_up_to_date(forge: Forge, api: ForgeRepo) -> None:
    """Since stg has work that main lacks."""
    revert_the_release(api)
    assert codes(rows(forge.json(*RELEASE, check=REFUSED))["api"]) == ["reverted_work"]


def test_the_hint_brings_the_work_back(forge: Forge, api: ForgeRepo) -> None:
    """Main has all of it again after the next promotion."""
    reverted = revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    keep_the_work(api, "stg", "main", reverted)

    document = forge.json(*RELEASE, check=DONE)

    assert states(document) == {"api": "published"}
    assert api.tree("main") == api.tree("stg")
    assert api.tree("main")["new.txt"] == "new\n"


def test_who_wants_it_so_can_say_so(forge: Forge, api: ForgeRepo) -> None:
    """Then the reverted work stays out, with a warning in the plan."""
    revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    document = forge.json(*RELEASE, "--accept-reverts", check=DONE)

    assert codes(rows(document)["api"]) == ["reverted_work"]
    assert api.tree("main") == {"a.txt": "1\n2\n3\n", "b.txt": "mended\n"}


def test_a_back_merge_of_a_roll_back_is_blocked(forge: Forge, api: ForgeRepo) -> None:
    """It would take the two commits out of stg."""
    reverted = revert_the_release(api)

    with remotes_untouched(forge):
        document = forge.json(*DOWN, check=REFUSED)

    assert codes(rows(document)["api"]) == ["reverted_work"]
    assert rows(document)["api"]["problems"][0]["message"] == (
        f"{reverted[:7]} on main takes back 2 commits of stg: "
        "carried down, it takes them out of stg as well."
    )


def test_a_hotfix_that_reverts_one_commit_goes_down_when_accepted(
    forge: Forge, api: ForgeRepo
) -> None:
    """As an emergency on main is often mended."""
    on(api, "main", ("revert", "--no-edit", "HEAD^2"))
    assert codes(rows(forge.json(*DOWN, check=REFUSED))["api"]) == ["reverted_work"]

    forge.json(*DOWN, "--accept-reverts", check=DONE)

    assert "new.txt" not in api.tree("stg")
    assert api.tree("stg")["a.txt"] == "1\ntwo\n3\n"


def test_a_revert_that_was_taken_back_is_nobodys_loss(forge: Forge, api: ForgeRepo) -> None:
    """Main has the work; a hotfix beside it makes git look at both sides."""
    revert_the_release(api)
    on(api, "main", ("revert", "--no-edit", "HEAD"))
    api.commit("main", {"fix.txt": "fix\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    document = forge.json(*RELEASE, check=DONE)

    assert codes(rows(document)["api"]) == []
    assert set(api.tree("main")) == {"a.txt", "b.txt", "new.txt", "fix.txt"}


def test_a_hotfix_that_takes_back_another_hotfix_loses_nothing_of_stg(
    forge: Forge, api: ForgeRepo
) -> None:
    """What never was on stg cannot get lost there."""
    api.commit("main", {"fix.txt": "fix\n"}, message="fix: hot")
    api.commit("main", {"c.txt": "c\n"}, message="fix: another")
    on(api, "main", ("revert", "--no-edit", "HEAD^"))
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == []


def test_a_revert_on_the_way_up_is_a_commit_like_any_other(forge: Forge, api: ForgeRepo) -> None:
    """Who reverts on stg wants main to follow."""
    on(api, "stg", ("revert", "--no-edit", "HEAD"))
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == []
    assert "new.txt" not in api.tree("main")
