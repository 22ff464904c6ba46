"""A stage whose services get ill goes back by itself: real remotes, deployments, health checks."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, codes, hook, rows, states, told
from tests.cli.hosts import GITHUB, STAGES, WORKFLOW, Host, impatient
from tests.doubles.loopback import Answer, Request
from tests.doubles.receivers import Health, healthy
from tests.hints.typing import follow
from tests.support.forge import Forge

PROMOTE = ("promote", "dev", "stg", "--yes")
DEPLOYED = """
[stages.stg.deploy]
runner = "command"
command = ["sh", "deploy.sh"]
"""
CHECKED = '\n[stages.{}.health]\nurl = "{}/{{repo}}"\nattempts = 1\n'
SCRIPT = 'cp a "$PLACE/$MULTIGIT_REPO"\n'
PUSHED = "  push:\n    branches: [main]\n  workflow_dispatch:\n    inputs:\n"


def on_unhealthy(stage: str) -> str:
    """Return the stages, of which one goes back by itself."""
    tag = {"stg": "stg-deploy", "main": "deploy"}[stage]
    line = f'\ntag = "{tag}-{{timestamp}}"\n'
    return STAGES.replace(line, f'{line}on_unhealthy = "rollback"\n')


class Services(Health):
    """The services that were deployed to a folder: one is ill if its file says so."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.place = place

    def react(self, request: Request) -> Answer:
        """Answer for the service that was asked for."""
        text = (self.place / request.target.strip("/")).read_text()
        return healthy(status=503 if "ill" in text else 200)

    def running(self) -> dict[str, str]:
        """Return what is deployed of each service."""
        return {file.name: file.read_text().strip() for file in sorted(self.place.iterdir())}


class Shop:
    """Two services of one wave, whose first release is deployed, and work for the next one."""

    def __init__(self, forge: Forge, services: Services) -> None:
        self.forge, self.services = forge, services
        self.head = on_unhealthy("stg") + DEPLOYED + CHECKED.format("stg", services.url)
        for name in ("api", "web"):
            forge.add(name, files={"deploy.sh": SCRIPT, "a": "0\n"})
        forge.env |= {"PLACE": str(services.place), "PYTHONPATH": str(impatient())}
        self.configure()
        self.good = self.release("1", check=DONE)

    def configure(self, more: str = "", *, irreversible: str = "[]") -> None:
        """Write the configuration."""
        repos = "".join(
            f'\n[repos.{name}]\nurl = "{repo.url}"\nirreversible = {irreversible}\n'
            for name, repo in self.forge.repos.items()
        )
        self.forge.write_config(f'{self.head}{repos}{more}\n[lock]\nrepo = "web"\n')

    def work(self, api: str, web: str = "") -> None:
        """Commit on dev."""
        for name, text in (("api", api), ("web", web or api)):
            self.forge.repos[name].commit("dev", {"a": f"{text}\n"}, message=f"feat: {text}")

    def release(self, api: str, web: str = "", *, check: int) -> dict[str, Any]:
        """Promote new work."""
        self.work(api, web)
        return self.forge.json(*PROMOTE, check=check)

    def lock_refs(self) -> list[str]:
        """Return the locks and holds on the remote."""
        refs = self.forge.repos["web"].remote_refs()
        return [name for name in refs if name.startswith("refs/multigit/locks/")]

    def hold(self) -> dict[str, Any]:
        """Return what the ref of stg says."""
        return dict(json.loads(self.forge.repos["web"].remote_git("cat-file", "-p", HELD)))


HELD = "refs/multigit/locks/stg"


@pytest.fixture
def shop(forge: Forge) -> Iterator[Shop]:
    """Return the shop with one good release."""
    place = forge.root / "place"
    place.mkdir()
    with Services(place) as services:
        yield Shop(forge, services)


def test_what_is_ill_goes_back_and_the_stage_is_held(shop: Shop) -> None:
    """Both services have the last good release again; the command fails, in one document."""
    forge = shop.forge
    document = shop.release("2, ill", "2", check=FAILED)
    back = document["rolled_back"]
    assert shop.services.running() == {"api": "1", "web": "1"}
    assert states(document) == {"api": "published", "web": "published"}
    assert rows(document)["api"]["deployment"]["state"] == "unhealthy"
    assert (document["command"], document["result"]) == ("promote", "failed")
    assert (back["to"], back["result"]) == (shop.good["release"], "done")
    assert document["message"].endswith(f"stg went back to {shop.good['release']}.")
    assert document["hint"] is None

    hold = shop.hold()
    assert hold.keys() == {"hold"}, "the lock is released"
    assert hold["hold"]["operation"] == back["operation"]
    assert hold["hold"]["release"] == shop.good["release"]
    assert hold["hold"]["bad"] == document["release"]
    assert hold["hold"]["why"] == f"{document['operation']} failed: api is unhealthy"

    log = forge.json("log", check=DONE)["records"]
    assert [each["command"] for each in log[-2:]] == ["promote", "rollback"]
    assert [each["consent"] for each in log[-2:]] == ["yes", "configured"]
    assert log[-1]["consent_by"] is None
    assert forge.json("status")["unfinished"] is None

    shop.work("3")
    refused = forge.json(*PROMOTE, check=REFUSED)
    assert {tuple(codes(row)) for row in refused["repos"]} == {("held",)}
    fixed = forge.json(*PROMOTE, "--release-hold", "--reason", "it is fixed", check=DONE)
    assert fixed["rolled_back"] is None
    assert shop.services.running() == {"api": "3", "web": "3"}
    assert shop.lock_refs() == []


def test_people_read_both_reports(shop: Shop) -> None:
    """First how the promotion failed, then the roll-back, with its plan before."""
    shop.work("2, ill", "2")
    said = shop.forge.run(*PROMOTE, check=FAILED).stdout
    plan, failed, done = (
        said.index(f"Roll back stg to {shop.good['release']}"),
        said.index("1 unhealthy. stg went back to"),
        said.rindex("2 deployed."),
    )
    assert plan < failed < done


def test_what_is_published_only_is_rolled_back_by_hand(shop: Shop) -> None:
    """Nothing of it was deployed. The sentence says that it stays, and the hint what to type."""
    shop.configure('[repos.web.deploy.stg]\nrunner = "none"\n')
    document = shop.release("2, ill", "2", check=FAILED)
    web, good = shop.forge.repos["web"], shop.good["release"]
    assert document["message"].endswith(f"stg went back to {good}, but for web.")
    assert web.remote_git("show", "stg:a") == "2"
    typed = f"multigit rollback stg {good} -r web"
    follow(shop.forge, document, Hint.ROLL_BACK_REST, typed, "--yes")
    assert web.remote_git("show", "stg:a") == "1"
    assert shop.services.running() == {"api": "1", "web": "1"}


def test_what_a_later_wave_did_not_reach_is_left_alone(shop: Shop) -> None:
    """The promotion is over with its roll-back, so that there is nothing to continue."""
    shop.configure('after = ["api"]\n')
    document = shop.release("2, ill", "2", check=FAILED)
    assert states(document) == {"api": "published", "web": "not_published"}
    assert document["rolled_back"]["result"] == "done"
    assert shop.services.running() == {"api": "1", "web": "1"}
    assert set(shop.hold()["hold"]["repos"]) == {"api"}
    assert shop.forge.json("status")["unfinished"] is None


def test_a_held_stage_that_is_ill_again_is_held_again(shop: Shop) -> None:
    """It goes back to the good release, past the one that was rolled back."""
    shop.release("2, ill", "2", check=FAILED)
    shop.work("3, ill", "3")
    again = ("--release-hold", "--reason", "it is fixed")
    document = shop.forge.json(*PROMOTE, *again, check=FAILED)
    assert document["rolled_back"]["to"] == shop.good["release"]
    assert shop.services.running() == {"api": "1", "web": "1"}
    assert shop.hold()["hold"]["bad"] == document["release"]
    assert set(shop.hold()["hold"]["repos"]) == {"api", "web"}


def test_a_deployment_of_what_the_stage_has_is_answered_too(shop: Shop) -> None:
    """It goes back to the release before the one that was deployed."""
    second = shop.release("2", check=DONE)
    shop.services.place.joinpath("api").unlink()
    for name in ("api", "web"):
        shop.forge.repos[name].commit("stg", {"a": "2 by hand, ill\n"}, message="fix: by hand")
    document = shop.forge.json("deploy", "stg", "--yes", check=FAILED)
    assert document["rolled_back"]["to"] == second["release"]
    assert shop.services.running() == {"api": "2", "web": "2"}


def test_what_cannot_be_rolled_back_is_left_to_people(shop: Shop) -> None:
    """The report says why, and which command does it nevertheless; nothing is held."""
    shop.configure(irreversible='["migrations/**"]')
    shop.forge.repos["api"].commit("dev", {"migrations/2.sql": "2\n"}, message="feat: table")
    document = shop.release("2, ill", "2", check=FAILED)
    assert document["rolled_back"] is None
    assert codes(document) == ["not_rolled_back"]
    assert "stg was not rolled back: api: 1 file changed since" in told(document)
    assert shop.services.running() == {"api": "2, ill", "web": "2"}
    assert shop.lock_refs() == []
    typed = ("rollback", "stg", "--last-good", "--override", "irreversible", "--reason", "why")
    assert f'multigit {" ".join(typed[:-1])} "why"' in told(document)
    shop.forge.json(*typed, "--yes", check=DONE)
    assert shop.services.running() == {"api": "1", "web": "1"}


def test_without_a_good_release_nothing_goes_back(shop: Shop) -> None:
    """It says so."""
    reason = ("--reason", "it loses orders")
    shop.forge.json("mark", shop.good["release"], "bad", *reason, check=DONE)
    document = shop.release("2, ill", "2", check=FAILED)
    assert document["rolled_back"] is None
    message = "stg was not rolled back: no earlier release of stg is known to be good."
    assert [each["message"] for each in document["problems"]] == [message]


def test_without_waiting_nothing_goes_back(shop: Shop) -> None:
    """Nothing is known then; watch only looks."""
    shop.work("2, ill", "2")
    shop.forge.json(*PROMOTE, "--no-wait", check=DONE)
    watched = shop.forge.json("watch", check=FAILED)
    assert watched["rolled_back"] is None
    assert shop.lock_refs() == []


def kill_at_takeover(shop: Shop, name: str, ending: str) -> None:
    """Kill multigit when the lock changes from the promotion to its roll-back, in a git hook."""
    find = f"multigit=$(sed 's/.*\"pid\": \"//; s/\".*//' '{shop.forge.shop}/.multigit/lock.json')"
    taken = f'[ "$ref" = {HELD} ] && git cat-file -p "$new" | grep -q \'"command": "rollback"\''
    act = f'rm "$0"; {find}; kill -KILL $multigit{ending}'
    text = f"while read old new ref; do if {taken}; then {act}; fi; done"
    hook(shop.forge.repos["web"].bare / f"hooks/{name}", text)


@pytest.mark.parametrize(
    ("name", "ending"), [("pre-receive", "; exit 1"), ("post-receive", "")], ids=["before", "after"]
)
def test_killed_between_the_two_it_goes_back_with_continue(
    name: str, ending: str, shop: Shop
) -> None:
    """Whoever has the lock then: the promotion, which is closed, or the roll-back."""
    kill_at_takeover(shop, name, ending)
    shop.work("2, ill", "2")
    shop.forge.run(*PROMOTE, check=-signal.SIGKILL)
    left = shop.forge.json("status")["unfinished"]
    assert "rollback" in left
    assert shop.services.running() == {"api": "2, ill", "web": "2"}
    assert shop.hold()["operation"] == left if not ending else "promote" in shop.hold()["operation"]
    refused = shop.forge.json(*PROMOTE, check=REFUSED)
    assert codes(refused) == ["unfinished_operation"]
    document = shop.forge.json("continue", check=DONE)
    assert (document["command"], document["operation"]) == ("rollback", left)
    assert shop.services.running() == {"api": "1", "web": "1"}
    assert shop.hold().keys() == {"hold"}
    assert [each["command"] for each in shop.forge.json("log")["records"][-2:]] == [
        "promote",
        "rollback",
    ]


def test_killed_before_it_has_the_lock_it_is_abandoned_with_it(shop: Shop) -> None:
    """The lock of the promotion, which is closed, is not left behind."""
    kill_at_takeover(shop, "pre-receive", "; exit 1")
    shop.work("2, ill", "2")
    shop.forge.run(*PROMOTE, check=-signal.SIGKILL)
    assert shop.lock_refs() == [HELD]
    shop.forge.json("abandon", check=DONE)
    assert shop.lock_refs() == []
    assert shop.services.running() == {"api": "2, ill", "web": "2"}


def test_what_a_push_deployed_is_restored(forge: Forge) -> None:
    """A commit with the old files is pushed, which deploys them; the stage is not held."""
    host = Host(forge, ["api"])
    api = forge.repos["api"]
    workflow = WORKFLOW.replace("  workflow_dispatch:\n    inputs:\n", PUSHED)
    for branch in ("main", "stg"):
        api.commit(branch, {".github/workflows/deploy.yml": workflow})
    release = ("promote", "stg", "main", "--yes")
    by_push = GITHUB.replace('inputs = {version = "{release}"}', 'trigger = "push"\nref = "branch"')
    with host.double:
        host.configure(by_push)
        config = forge.shop / "multigit.toml"
        text = config.read_text().replace(STAGES, on_unhealthy("main"))
        named = 'github = "acme/api"\n'
        config.write_text(text.replace(named, f"{named}irreversible = []\n"))
        good = forge.json(*release, check=DONE)
        api.commit("stg", {"b": "2\n"}, message="feat: 2")
        host.double.script("acme/api", ["queued", "failure"], times=1)
        document = forge.json(*release, check=FAILED)
    assert host.double.violations == []
    back = document["rolled_back"]
    assert (back["to"], back["result"]) == (good["release"], "done")
    assert api.tree("main") == api.tree(rows(good)["api"]["after"])
    assert len(host.double.runs()) == 3
    held = [row for row in forge.json("status")["repos"] if row["problems"]]
    assert held == []
