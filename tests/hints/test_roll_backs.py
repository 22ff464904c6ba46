"""The hints about roll-backs, and about the stages that they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, rows
from tests.cli.hosts import scripted
from tests.hints.typing import follow
from tests.support.forge import Forge

PROMOTE = ("promote", "dev", "stg", "--yes")
BACK = ("rollback", "stg", "--last-good", "--yes")
FIRST, SECOND = 0, 1


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two services of which a script deployed two releases to stg."""
    scripted(forge)
    forge.json(*PROMOTE, check=DONE)
    for repo in forge.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: pay")
    forge.json(*PROMOTE, check=DONE)
    return forge


def releases(shop: Forge) -> list[str]:
    """Return the releases of stg, the oldest first."""
    return sorted(shop.repos["api"].remote_git("tag").split())


def deployed(shop: Forge, name: str = "api") -> list[str]:
    """Return the releases that the script deployed, the first one first."""
    return (Path(shop.env["PLACE"]) / name).read_text().split()


def block(shop: Forge, name: str) -> Path:
    """Make the script of a service fail until the returned file is removed, and its work back."""
    place = Path(shop.env["PLACE"])
    kept = (place / name).read_text()
    (place / name).unlink()
    (place / name).mkdir()
    (place / f"{name}.kept").write_text(kept)
    return place / name


def unblock(folder: Path) -> None:
    """Let the script of a service succeed again."""
    folder.rmdir()
    folder.with_name(f"{folder.name}.kept").rename(folder)


def test_a_release_is_named_or_the_last_good_one_chosen(shop: Forge) -> None:
    """Without a terminal no one can pick it from the list."""
    said = shop.json("rollback", "stg", "--yes", check=REFUSED)
    assert follow(shop, said, Hint.LAST_GOOD, "multigit log --stage stg").count("promote") >= 2
    shop.json(*BACK, check=DONE)
    assert deployed(shop) == [*releases(shop), releases(shop)[FIRST]]


def test_a_stage_without_a_good_release_lists_them(shop: Forge) -> None:
    """The earlier one is bad, so a person has to choose."""
    shop.run("mark", releases(shop)[FIRST], "bad", "--reason", "slow", check=DONE)
    said = shop.json(*BACK, check=REFUSED)
    assert "promote" in follow(shop, said, Hint.NAME_RELEASE, "multigit log --stage stg")


def test_what_was_released_elsewhere_can_be_named(shop: Forge) -> None:
    """Without the log no release is known to be good; the hint names the one before."""
    (shop.shop / "deployment.log").unlink()
    said = shop.json(*BACK, check=REFUSED)
    before = releases(shop)[FIRST]
    assert f"The log here does not say how {before} ended." in str(said)
    follow(shop, said, Hint.ROLL_BACK_ANYWAY, f"multigit rollback stg {before}", "--yes")
    assert deployed(shop)[-1] == before


def test_a_held_stage_is_released_by_an_option(shop: Forge) -> None:
    """The refused promotion names it; what was rolled back goes out with the fix."""
    shop.json(*BACK, check=DONE)
    shop.repos["api"].commit("dev", {"b": "3\n"}, message="fix: pay")
    said = shop.json(*PROMOTE, check=REFUSED)
    again = "multigit promote dev stg --yes"
    follow(shop, said, Hint.RELEASE_HOLD, '--release-hold --reason "why"', after=again)
    assert deployed(shop)[-1] == releases(shop)[-1]
    assert len(deployed(shop, "database")) == len(deployed(shop)) == 4


def test_the_status_says_how_to_release_a_hold(shop: Forge) -> None:
    """With the fix, in one command; until then what was rolled back is counted as held."""
    shop.json(*BACK, check=DONE)
    shop.repos["api"].commit("dev", {"b": "3\n"}, message="fix: pay")
    status = shop.json("status", check=DONE)
    assert [each["release"] for each in status["holds"]] == releases(shop)[:1]
    pairs = [rows(status)[name]["pairs"][0] for name in ("api", "database")]
    assert [(each["commits"], each["held"]) for each in pairs] == [(1, 1), (0, 1)]
    command = 'multigit promote dev stg --release-hold --reason "why"'
    said = follow(shop, status, Hint.PROMOTE_HELD, command, "--yes")
    assert "1 repository will be promoted, 1 repository will be deployed again." in said
    assert shop.json("status", check=DONE)["holds"] == []


def test_the_status_asks_for_what_was_restored_as_well(shop: Forge) -> None:
    """Nothing else waits there, so that a promotion would stop."""
    first = ("rollback", "stg", releases(shop)[FIRST], "--yes", "-r")
    shop.json(*first, "database", "--how", "restore", check=DONE)
    shop.json(*first, "api", check=DONE)
    shop.repos["api"].commit("dev", {"b": "3\n"}, message="fix: pay")
    status = shop.json("status", check=DONE)
    command = 'multigit promote dev stg --release-hold --reason "why" --roll-forward'
    follow(shop, status, Hint.PROMOTE_HELD, command, "--yes")
    assert shop.json("status", check=DONE)["holds"] == []
    assert shop.repos["database"].tree("stg") == shop.repos["database"].tree("dev")


def test_a_hold_is_not_released_while_its_roll_back_is_unfinished(shop: Forge) -> None:
    """The status proposes what can be done first, and no promotion, which would be refused."""
    folder = block(shop, "api")
    failed = shop.json(*BACK, check=FAILED)
    status = shop.json("status", check=DONE)
    assert (status["unfinished"], status["hint"]) == (failed["operation"], None)
    assert [each["stage"] for each in status["holds"]] == ["stg"]
    unblock(folder)
    shop.json("continue", "--yes", check=DONE)
    assert "--release-hold" in shop.json("status", check=DONE)["hint"]


def test_what_was_rolled_back_is_deployed_again(shop: Forge) -> None:
    """An undo of a roll-back that was deployed says how: what an earlier one had stays out."""
    for repo in shop.repos.values():
        repo.commit("dev", {"a": "3\n"}, message="feat: refund")
    shop.json(*PROMOTE, check=DONE)
    first, second, _ = releases(shop)
    shop.json(*BACK, check=DONE)
    back = shop.json("rollback", "stg", first, "-r", "api", "--yes", check=DONE)
    assert deployed(shop)[-1] == first
    said = shop.json("undo", back["operation"], "--yes", check=REFUSED)
    assert "was deployed, or may have been, so nothing is undone here." in str(said)
    follow(shop, said, Hint.GO_FORWARD, f"multigit rollback stg {second} -r api", "--yes")
    assert deployed(shop)[-1] == deployed(shop, "database")[-1] == second


def test_what_goes_forward_may_be_bad(shop: Forge) -> None:
    """Then the hint overrides that, too."""
    back = shop.json(*BACK, check=DONE)
    bad = releases(shop)[SECOND]
    shop.run("mark", bad, "bad", "--reason", "slow", check=DONE)
    said = shop.json("undo", back["operation"], "--yes", check=REFUSED)
    command = f'multigit rollback stg {bad} --override bad_release --reason "why"'
    follow(shop, said, Hint.GO_FORWARD, command, "--yes")
    assert deployed(shop)[-1] == bad
    assert shop.json("status", check=DONE)["holds"] == []


def test_a_failed_roll_back_is_repeated(shop: Forge) -> None:
    """Where it has succeeded, nothing happens then."""
    folder = block(shop, "database")
    said = shop.json(*BACK, "--reason", "payments fail", check=FAILED)
    unblock(folder)
    first = releases(shop)[FIRST]
    command = f"multigit rollback stg {first} --reason 'payments fail'"
    assert said["message"] == "1 rolled back, 1 deployed, 1 not deployed."
    told = follow(shop, said, Hint.ROLL_BACK_AGAIN, command, "--yes")
    assert "1 repository will be rolled back, 1 is up to date." in told
    assert deployed(shop, "database")[-1] == first
    assert deployed(shop).count(first) == 2


def test_files_that_cannot_be_rolled_back_are_overridden(shop: Forge) -> None:
    """The plan names them, and the hint the options."""
    config = shop.shop / "multigit.toml"
    irreversible = '[repos.api]\nirreversible = ["a"]'
    config.write_text(config.read_text().replace("[repos.api]", irreversible))
    said = shop.json(*BACK, check=REFUSED)
    (problem,) = rows(said)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("irreversible", ["a"])
    options, again = (
        '--override irreversible --reason "why"',
        "multigit rollback stg --last-good --yes",
    )
    follow(shop, said, Hint.OVERRIDE_IRREVERSIBLE, options, after=again)
    assert deployed(shop)[-1] == releases(shop)[FIRST]


def test_what_cannot_be_deployed_again_is_restored(shop: Forge) -> None:
    """Where nothing deploys the stage, its files come back in a new commit."""
    api, first = shop.repos["api"], releases(shop)[FIRST]
    old = api.remote_git("rev-parse", f"{first}^{{commit}}")
    config = shop.shop / "multigit.toml"
    without = config.read_text().partition("[stages.stg.deploy]")[0]
    config.write_text(without + "".join(map(REPO.format, shop.repos, urls(shop))))
    said = shop.json("rollback", "stg", first, "--how", "redeploy", "--yes", check=REFUSED)
    again = f"multigit rollback stg {first} --yes"
    follow(shop, said, Hint.HOW_RESTORE, "--how restore", after=again)
    assert api.tree("stg") == api.tree(old)


REPO = '\n[repos.{}]\nurl = "{}"\n'


def urls(shop: Forge) -> list[str]:
    """Return the addresses of the repositories."""
    return [repo.url for repo in shop.repos.values()]


def test_a_stage_that_is_pushed_to_is_deployed_again(forge: Forge) -> None:
    """No stage comes before it, so no promotion can release its hold."""
    hold = {**FIRST_STAGE, "repos": {}}
    folder = forge.shop / ".multigit/holds"
    scripted(forge)
    config = forge.shop / "multigit.toml"
    config.write_text(config.read_text().replace("[stages.stg.deploy]", "[stages.dev.deploy]"))
    forge.run("status")
    folder.mkdir(parents=True)
    (folder / "dev.json").write_text(json.dumps({"hold": hold}))
    said = forge.json("status", check=DONE)
    command = 'multigit deploy dev --release-hold --reason "why"'
    follow(forge, said, Hint.DEPLOY_HELD, command, "--yes")
    assert (Path(forge.env["PLACE"]) / "api").exists()


FIRST_STAGE = {
    "stage": "dev",
    "operation": "20250115T150130Z-rollback-dev-7f3a",
    "release": "",
    "bad": "",
    "who": "Ada",
    "host": "laptop",
    "since": "2025-01-15T15:01:30Z",
    "why": "it fails",
}


def test_a_bad_release_goes_out_again_by_an_override(shop: Forge) -> None:
    """A promotion that has nothing new names the command, and the log keeps the reason."""
    shop.json(*BACK, check=DONE)
    bad = releases(shop)[SECOND]
    shop.run("mark", bad, "bad", "--reason", "slow", check=DONE)
    options = ("--release-hold", "--reason", "why")
    said = shop.json(*PROMOTE, *options, check=REFUSED)
    assert [each["code"] for each in rows(said)["api"]["problems"]] == ["bad_release"]
    repos = "".join(f" -r {name}" for name in rows(said))
    command = f"multigit deploy stg{repos} --release-hold --override bad_release"
    typed = f'{command} --reason "why"'
    follow(shop, said, Hint.DEPLOY_BAD, typed, "--yes")
    assert deployed(shop)[-1] == bad
    accepted = shop.json("log", check=DONE)["records"][-1]["accepted"]
    assert {each["code"] for each in accepted} == {"bad_release", "held"}
    assert shop.json("status", check=DONE)["holds"] == []
