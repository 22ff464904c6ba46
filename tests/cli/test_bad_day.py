"""The bad day as one story: a release gets ill, goes back by itself, and returns with its fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cli.answers import DONE, FAILED, REFUSED, codes, rows, states
from tests.cli.hosts import impatient
from tests.cli.test_automatic_roll_backs import CHECKED, SCRIPT, Services, on_unhealthy
from tests.support.forge import Forge

TO_STG = ("promote", "dev", "stg", "--yes")
TO_MAIN = ("promote", "stg", "main", "--yes")
DEPLOYED = '\n[stages.main.deploy]\nrunner = "command"\ncommand = ["sh", "deploy.sh"]\n'


def set_up(forge: Forge, services: Services) -> None:
    """Write the configuration of two services, which main deploys and checks."""
    for name in ("api", "web"):
        forge.add(name, files={"deploy.sh": SCRIPT, "a": "0\n"}).git("switch", "-q", "dev")
    forge.env |= {"PLACE": str(services.place), "PYTHONPATH": str(impatient())}
    repos = "".join(
        f'\n[repos.{name}]\nurl = "{repo.url}"\nirreversible = []\n'
        for name, repo in forge.repos.items()
    )
    checked = CHECKED.format("main", services.url)
    lock = '\n[lock]\nrepo = "web"\n'
    forge.write_config(f"{on_unhealthy('main')}{DEPLOYED}{checked}{repos}{lock}")


def pushed(forge: Forge, files: Mapping[str, Mapping[str, str]], message: str) -> None:
    """Change files on dev in the work trees, push them with multigit, and promote to stg."""
    for name, changes in files.items():
        forge.repos[name].write(changes)
    forge.json("push", "dev", "-m", message, "--yes", check=DONE)
    forge.json(*TO_STG, check=DONE)


def on(forge: Forge, branch: str) -> dict[str, dict[str, str]]:
    """Return the files of a branch by repository, without the script."""
    return {
        name: {path: text.strip() for path, text in repo.tree(branch).items() if "." not in path}
        for name, repo in forge.repos.items()
    }


def waiting(status: dict[str, Any], name: str) -> tuple[int, int, int]:
    """Return how much waits for main in a repository: commits, held ones, and debt."""
    pairs = {(each["source"], each["target"]): each for each in rows(status)[name]["pairs"]}
    pair = pairs["stg", "main"]
    return pair["commits"], pair["held"], pair["debt"]


def test_the_bad_day(forge: Forge) -> None:
    """At each step the branches have what a person wants, and status and log say what is true."""
    place = forge.root / "place"
    place.mkdir()
    with Services(place) as services:
        set_up(forge, services)
        both = {"api": {"a": "1\n"}, "web": {"a": "1\n"}}
        pushed(forge, both, "feat: one")
        good = forge.json(*TO_MAIN, check=DONE)
        assert services.running() == {"api": "1", "web": "1"}

        pushed(forge, {"api": {"a": "2, ill\n", "pay": "pay\n"}, "web": {"a": "2\n"}}, "feat: two")
        failed = forge.json(*TO_MAIN, check=FAILED)
        assert failed["rolled_back"]["to"] == good["release"]
        assert services.running() == {"api": "1", "web": "1"}
        bad = {"api": {"a": "2, ill", "pay": "pay"}, "web": {"a": "2"}}
        assert on(forge, "main") == on(forge, "stg") == on(forge, "dev") == bad

        status = forge.json("status", check=DONE)
        (hold,) = status["holds"]
        assert (hold["stage"], hold["release"], hold["bad"]) == (
            "main",
            good["release"],
            failed["release"],
        )
        assert waiting(status, "api") == waiting(status, "web") == (0, 1, 0)
        records = forge.json("log", check=DONE)["records"]
        assert [(each["command"], each["result"]) for each in records[-2:]] == [
            ("promote", "failed"),
            ("rollback", "done"),
        ]
        refused = forge.json(*TO_MAIN, check=REFUSED)
        assert {tuple(codes(row)) for row in refused["repos"]} == {("held",)}

        pushed(forge, {"api": {"a": "3\n"}}, "fix: three")
        assert forge.json(*TO_MAIN, check=REFUSED)["result"] == "blocked"
        fixed = forge.json(*TO_MAIN, "--release-hold", "--reason", "fixed", check=DONE)
        assert states(fixed) == {"api": "published", "web": "deployed"}
        assert services.running() == {"api": "3", "web": "2"}
        everything = {"api": {"a": "3", "pay": "pay"}, "web": {"a": "2"}}
        assert on(forge, "main") == on(forge, "stg") == on(forge, "dev") == everything
        assert forge.json("status", check=DONE)["holds"] == []

        forge.repos["api"].commit("main", {"hot": "hot\n"}, message="fix: hot")
        assert waiting(forge.json("status", check=DONE), "api") == (0, 0, 1)
        forge.json("backmerge", "main", "--yes", check=DONE)
        everything["api"]["hot"] = "hot"
        assert on(forge, "main") == on(forge, "stg") == on(forge, "dev") == everything

        forge.repos["web"].commit("dev", {"a": "4\n"}, message="feat: four")
        forge.json(*TO_STG, check=DONE)
        forge.json(*TO_MAIN, check=DONE)
        everything["web"]["a"] = "4"
        assert on(forge, "main") == on(forge, "stg") == on(forge, "dev") == everything
        assert services.running() == {"api": "3", "web": "4"}
        assert waiting(forge.json("status", check=DONE), "web") == (0, 0, 0)
