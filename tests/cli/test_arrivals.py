"""Commits that reached a stage another way are not waiting, and all commands count the same."""

from __future__ import annotations

from tests.cli.answers import DONE, rows, states
from tests.support.forge import Forge


def test_every_place_tells_the_same_number(forge: Forge) -> None:
    """Status, plan, message and result agree on the number; a local commit adds one."""
    api = forge.add("api")
    for name in ("c1", "c2"):
        api.commit("dev", {name: "1\n"}, message=f"feat: {name}")
    for name in ("c1", "c2"):
        api.commit("stg", {name: "1\n"}, message=f"feat: {name} (rebased)")
    api.commit("dev", {"README.md": "# api\n"}, message="chore: start a build")
    forge.write_config()
    assert pair(forge) == ("up_to_date", 0, 0)
    assert states(forge.json("promote", "dev", "stg", "--yes", check=DONE)) == {"api": "up_to_date"}

    api.commit("dev", {"c3": "1\n"}, message="feat: c3")
    api.commit("stg", {"h": "1\n"}, message="fix: on staging")
    assert pair(forge) == ("waiting", 1, 1)
    plan = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert rows(plan)["api"]["commits"] == 1
    assert "1 commit reaches stg" in plan["message"]
    forge.json("pull", "dev", check=DONE)
    api.write({"c4": "1\n"})
    document = forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert rows(document)["api"]["commits"] == 2
    assert pair(forge)[:2] == ("up_to_date", 0)


def test_copies_are_no_hotfixes_after_a_merge(forge: Forge) -> None:
    """Status and back-merge count only commits made on stg, not cherry-picked copies of dev's."""
    api = forge.add("api")
    for name in ("c1", "c2"):
        api.commit("dev", {name: "1\n"}, message=f"feat: {name}")
    api.commit("stg", {"h": "1\n"}, message="fix: on staging")
    for command in (
        "fetch --quiet",
        "switch --quiet --create stg origin/stg",
        "cherry-pick origin/dev~1 origin/dev",
        "merge --quiet --no-edit origin/dev",
        "push --quiet origin stg",
        "switch --quiet dev",
    ):
        api.git(*command.split())
    forge.write_config()
    assert pair(forge) == ("up_to_date", 0, 1)
    document = forge.json("backmerge", "stg", "--yes", check=DONE)
    assert rows(document)["api"]["commits"] == 1
    assert pair(forge) == ("up_to_date", 0, 0)


def pair(forge: Forge) -> tuple[str, int, int]:
    """Return the state, the commits and the debt that status shows for dev → stg."""
    (found, _) = rows(forge.json("status", check=DONE))["api"]["pairs"]
    return found["state"], found["commits"], found["debt"]
