"""Other machines after a roll-back whose deployments its own machine did not see end."""

from __future__ import annotations

from pathlib import Path

from tests.cli.answers import DONE, REFUSED, codes, rows, states
from tests.cli.hosts import deployed
from tests.cli.test_rolling_back import (
    BACK,
    COMMAND,
    RELEASING,
    SCRIPT,
    other_machine,
    release,
    set_up,
    steps,
    to_stg,
)
from tests.support.forge import Forge, remotes_untouched

SLOW = 'while [ -e "$PLACE/wait" ]; do sleep 0.05; done\n'


def held(forge: Forge) -> list[str]:
    """Return the repositories in which the roll-back was not seen to end, by the hold."""
    (hold,) = forge.json("lock", "status", check=DONE)["holds"]
    return list(hold["running"])


def test_nothing_is_started_beside_a_roll_back_that_was_left_running(forge: Forge) -> None:
    """Its hold says so until it is continued; there it is known, and elsewhere a doubt."""
    database, api = set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    for repo in (database, api):
        repo.commit("dev", {"deploy.sh": SCRIPT + SLOW})
    other = other_machine(forge)
    release(forge, {"api": {"version": "1\n"}}, "feat: one")
    release(forge, {"api": {"version": "2\n"}}, "feat: two")
    wait = forge.root / "place" / "wait"
    wait.touch()
    forge.json(*BACK, "--no-wait", check=DONE)
    assert held(forge) == ["api"]
    to_stg(forge, "3", "fix: three")
    with remotes_untouched(forge):
        unsure = forge.json(*RELEASING, cwd=other, check=REFUSED)
        (problem,) = [p for p in rows(unsure)["api"]["problems"] if p["severity"] == "block"]
        assert problem["code"] == "deployment_in_doubt"
        assert problem["message"].endswith(
            "another machine rolled it back, and did not see that end."
        )
        known = forge.json(*RELEASING, check=REFUSED)
        assert "still_deploying" in codes(rows(known)["api"])
    wait.unlink()
    forge.json("watch", check=DONE)
    assert deployed(forge)["api"] == ["1", "2", "1"]
    onward = forge.json(*RELEASING, "--accept-doubt", cwd=other, check=DONE)
    assert {note["code"] for note in onward["accepted"]} == {"held", "deployment_in_doubt"}
    assert deployed(forge)["api"] == ["1", "2", "1", "3"]


def test_a_hold_that_another_machine_ended_leaves_nothing_certain_here(forge: Forge) -> None:
    """Status says so, and a roll-back goes back again, although it was back already."""
    database, _ = set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    other = other_machine(forge)
    versions = ({"version": f"{number}\n"} for number in (1, 2, 3))
    first, middle, _ = (release(forge, {"api": v, "database": v}, "feat") for v in versions)
    forge.json(*BACK, check=DONE)
    tip = database.commit("dev", {"version": "4\n"}, message="fix: four")
    database.remote_git("update-ref", "refs/heads/stg", tip)
    forge.json(*RELEASING, cwd=other, check=DONE)
    wanted = {"api": ["1", "2", "3", "2", "3"], "database": ["1", "2", "3", "2", "4"]}
    assert deployed(forge) == wanted
    assert deployed_to_main(forge, forge.shop) == ("unknown", "")

    again = forge.json("rollback", "main", first, "--yes", check=DONE)
    assert states(again) == {"api": "deployed", "database": "deployed"}
    assert steps(again)["api"][2] == 2
    assert deployed(forge)["api"][-1] == "1"
    assert deployed_to_main(forge, other)[1] == first

    forge.json("deploy", "main", middle, "-r", "api", "--yes", cwd=other, check=DONE)
    assert deployed(forge)["api"][-1] == "2"
    for folder in (forge.shop, other):
        assert deployed_to_main(forge, folder)[1] == middle
    plan = forge.json("rollback", "main", first, "--dry-run", check=DONE)
    assert steps(plan)["api"][0] == "redeploy"


def deployed_to_main(forge: Forge, folder: Path) -> tuple[str, str]:
    """Return the state of the last deployment of api that a workspace knows, and its release."""
    (api,) = forge.json("status", "api", cwd=folder, check=DONE)["repos"]
    return api["deployed"]["main"]["state"], api["rolled_back"].get("main", "")


def test_offline_the_log_counts_for_what_was_rolled_back_here(forge: Forge) -> None:
    """What was fetched last is older: that there is no hold yet does not say that it has ended."""
    set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    for number in (1, 2):
        back_to = release(forge, {"api": {"version": f"{number}\n"}}, "feat")
    forge.json(*BACK, check=DONE)
    for options in (("--no-fetch",), ()):
        (api,) = forge.json("status", "api", *options, check=DONE)["repos"]
        assert api["deployed"]["main"]["state"] == "succeeded"
        assert api["rolled_back"]["main"] not in ("", back_to)


def test_what_was_deployed_by_name_is_not_certain_once_its_hold_has_ended(forge: Forge) -> None:
    """It was held on purpose, and another machine has let the branch go out since."""
    set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    other = other_machine(forge)
    versions = ({"version": f"{number}\n"} for number in (1, 2, 3))
    first, middle, _ = (release(forge, {"api": each}, "feat") for each in versions)
    forge.json("rollback", "main", first, "--yes", check=DONE)
    forge.json("deploy", "main", middle, "--yes", check=DONE)
    forge.json(*RELEASING, cwd=other, check=DONE)
    assert deployed(forge)["api"] == ["1", "2", "3", "1", "2", "3"]
    assert deployed_to_main(forge, forge.shop) == ("unknown", "")
    again = forge.json("rollback", "main", middle, "--yes", check=DONE)
    assert states(again)["api"] == "deployed"
    assert deployed(forge)["api"][-1] == "2"
