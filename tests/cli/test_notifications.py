"""Notifications and metrics of whole operations, over real sockets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, codes, meanwhile, states
from tests.cli.hosts import GITHUB, RELEASE, STAGES, Host, deployment
from tests.doubles.receivers import StatsD, Webhook
from tests.support.forge import Forge
from tests.support.patience import until

COMMAND = """
[stages.stg.deploy]
runner = "command"
command = ["sh", "deploy.sh"]
"""
PROMOTE = ("promote", "dev", "stg", "--yes")
SECRET = "s3cr3t-canary"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Return a webhook that accepts everything."""
    with Webhook() as receiver:
        yield receiver


@pytest.fixture
def counter() -> Iterator[StatsD]:
    """Return a StatsD server."""
    with StatsD() as receiver:
        yield receiver


@pytest.fixture
def shop(forge: Forge, webhook: Webhook, counter: StatsD) -> Forge:
    """Return two services deployed by a script, with notifications to a webhook and metrics."""
    for name in ("database", "api"):
        repo = forge.add(name, files={"deploy.sh": 'test ! -e "$BROKEN"\n'})
        repo.commit("dev", {"a": "1\n"}, message="feat: a")
    forge.env |= {"HOOK": f"json://127.0.0.1:{webhook.port}/{SECRET}", "BROKEN": f"{forge.root}/x"}
    repos = "".join(f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in forge.repos.items())
    tell = '\n[notify]\naddresses = ["{env:HOOK}"]\nevents = ["started", "succeeded", "failed"]\n'
    count = f'\n[metrics]\naddress = "{counter.address}"\n\n[lock]\nrepo = "database"\n'
    forge.write_config(STAGES + COMMAND + repos + tell + count)
    return forge


def titles(webhook: Webhook) -> list[str]:
    """Return the titles of the notifications, without the release."""
    return [each.value["title"].partition(":")[0] for each in webhook.deliveries]


def metrics(counter: StatsD, count: int) -> dict[str, int]:
    """Return how often each metric was sent, after waiting for `count` lines."""
    counter.lines(count)
    return dict(Counter(line.partition(":")[0] for line in counter.all_so_far()))


def test_a_promotion_is_told_once_when_it_begins_and_once_when_it_ends(
    shop: Forge, webhook: Webhook, counter: StatsD
) -> None:
    """One message at the start and one at the end, and one count per deployment."""
    shop.json(*PROMOTE, check=DONE)
    assert titles(webhook) == ["promote dev → stg started", "promote dev → stg succeeded"]
    body = webhook.deliveries[-1].value["message"]
    assert all(word in body for word in ("database", "api", "succeeded", "feat: a"))
    assert metrics(counter, 4) == {"deployment.count": 2, "deployment.duration": 2}


def test_who_watches_to_the_end_tells_it(shop: Forge, webhook: Webhook, counter: StatsD) -> None:
    """The end is reported once however often it is watched; the duration is then unknown."""
    shop.json(*PROMOTE, "--no-wait", check=DONE)
    shop.json("watch", check=DONE)
    shop.json("watch", check=DONE)
    assert titles(webhook) == ["promote dev → stg started", "promote dev → stg succeeded"]
    assert metrics(counter, 2) == {"deployment.count": 2}


def test_a_failure_is_told_as_one(shop: Forge, webhook: Webhook) -> None:
    """A failure is reported as failed, and the deployment that fixes it as succeeded."""
    Path(shop.env["BROKEN"]).touch()
    shop.json(*PROMOTE, check=FAILED)
    Path(shop.env["BROKEN"]).unlink()
    shop.json("deploy", "stg", "--failed", "--yes", check=DONE)
    assert titles(webhook)[1::2] == ["promote dev → stg failed", "deploy stg succeeded"]


def test_continue_counts_only_what_is_new(shop: Forge, webhook: Webhook, counter: StatsD) -> None:
    """Web was deployed before, and api is counted only once it is deployed."""
    web = shop.add("web", files={"deploy.sh": "true\n"})
    web.commit("dev", {"a": "1\n"}, message="feat: a")
    config = (shop.shop / "multigit.toml").read_text()
    more = f'after = ["database"]\n\n[repos.web]\nurl = "{web.url}"\n\n[notify]'
    shop.write_config(config.replace("\n[notify]", more))
    Path(shop.env["BROKEN"]).touch()
    shop.json(*PROMOTE, check=FAILED)
    assert metrics(counter, 4) == {"deployment.count": 2, "deployment.duration": 2}
    Path(shop.env["BROKEN"]).unlink()
    shop.json("continue", check=DONE)
    assert metrics(counter, 8) == {"deployment.count": 4, "deployment.duration": 4}
    results = [line.partition("result:")[2] for line in counter.lines() if ".count" in line]
    assert sorted(results) == [
        "done,repo:api", "done,repo:database", "done,repo:web", "failed,repo:database",
    ]  # fmt: skip
    assert titles(webhook)[-1] == "promote dev → stg succeeded"


def reopen(shop: Forge, operation: str, *, counted: bool) -> None:
    """Restore the state that a kill after the last deployment leaves behind, perhaps counted."""
    folder = shop.shop / ".multigit/operations"
    file = folder / operation / "journal.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    assert sum('"kind":"counted"' in line for line in lines) == 1
    kept = (line for line in lines if counted or '"kind":"counted"' not in line)
    (folder / f"{operation}.jsonl").write_text("".join(kept))
    file.unlink()
    (shop.shop / "deployment.log").unlink()


def test_continue_tells_what_a_killed_process_could_not(
    shop: Forge, webhook: Webhook, counter: StatsD
) -> None:
    """A process that was killed after deploying reported nothing, so continue reports it."""
    document = shop.json(*PROMOTE, check=DONE)
    before = len(webhook.deliveries)
    reopen(shop, document["operation"], counted=False)
    shop.json("continue", check=DONE)
    assert titles(webhook)[before:] == ["promote dev → stg succeeded"]
    assert metrics(counter, 8) == {"deployment.count": 4, "deployment.duration": 4}


def test_what_a_killed_process_counted_is_not_counted_again(shop: Forge, counter: StatsD) -> None:
    """It was killed between the count and the record, so continue only records."""
    document = shop.json(*PROMOTE, check=DONE)
    reopen(shop, document["operation"], counted=True)
    shop.json("continue", check=DONE)
    shop.json("promote", "dev", "stg", "--yes", "-r", "api", check=DONE)
    assert metrics(counter, 4) == {"deployment.count": 2, "deployment.duration": 2}


def test_what_is_given_up_is_told(shop: Forge, webhook: Webhook) -> None:
    """If the start was reported, the end is, too: abandoned or undone."""
    for repo in shop.repos.values():
        repo.reject_pushes("refs/heads/stg")
    shop.repos["database"].allow_pushes()
    (shop.shop / "multigit.toml").write_text(
        (shop.shop / "multigit.toml").read_text().replace(COMMAND, "")
    )
    for way, how in (("abandon", "abandoned"), ("undo", "undone")):
        shop.repos["database"].commit("dev", {"c": how}, message="feat: c")
        shop.json(*PROMOTE, check=FAILED)
        told = len(webhook.deliveries)
        shop.json(way, *(("--yes",) if way == "undo" else ()), check=DONE)
        assert titles(webhook)[told:] == ["promote dev → stg failed"]
        assert f"was {how} before it was finished." in webhook.deliveries[-1].value["message"]


def test_who_cannot_be_told_changes_nothing(shop: Forge, webhook: Webhook) -> None:
    """A failed delivery is reported without the secret in the address, and changes nothing else."""
    webhook.fail(500)
    done = shop.run(*PROMOTE, check=DONE)
    assert done.stderr.count("{env:HOOK} (json) failed: it was not accepted.") == 2
    assert SECRET not in done.stdout + done.stderr
    assert len(shop.json("log", check=DONE)["records"]) == 1


def test_what_is_wrong_with_addresses_is_in_the_document(shop: Forge, counter: StatsD) -> None:
    """Bad addresses are warnings, once each; the result and the exit code stay the same."""
    del shop.env["HOOK"]
    config = (shop.shop / "multigit.toml").read_text()
    shop.write_config(config.replace(counter.address, "nowhere:x"))
    for arguments, result in (
        (("promote", "dev", "stg", "--dry-run"), "planned"),
        (PROMOTE, "done"),
    ):
        document = shop.json(*arguments, check=DONE)
        assert document["result"] == result
        assert codes(document) == ["notify_address", "metrics_address"]
        assert {each["severity"] for each in document["problems"]} == {"warn"}
        assert "HOOK" in document["problems"][0]["message"]
        assert "HOOK" not in document["message"]


def test_messages_that_do_not_arrive_are_in_the_document(shop: Forge, webhook: Webhook) -> None:
    """Two messages that failed for the same reason are one problem."""
    webhook.fail(500)
    document = shop.json(*PROMOTE, check=DONE)
    assert codes(document) == ["notify_failed"]
    assert SECRET not in json.dumps(document)


def test_reviewers_are_told_while_it_waits_for_them(forge: Forge, webhook: Webhook) -> None:
    """The reviewers are notified while it waits, and the result is reported once it ends."""
    host = Host(forge, ["api"], gated=frozenset({"api"}))
    hook = f"json://127.0.0.1:{webhook.port}"
    tell = f'\n[notify]\naddresses = ["{hook}"]\nevents = ["waiting", "succeeded"]\n'
    with host.double:
        host.configure(GITHUB + tell)
        with meanwhile(lambda: forge.json(*RELEASE, check=DONE)) as promotion:
            until(lambda: bool(webhook.deliveries))
            assert titles(webhook) == ["promote stg → main is waiting for approval"]
            assert "waiting for ada" in webhook.deliveries[0].value["message"]
            forge.json("approve", "--yes", check=DONE)
            document = promotion.result()
    assert deployment(document, "api")["approved_by"] == ["ada"]
    assert titles(webhook)[1:] == ["promote stg → main succeeded"]


def test_nobody_is_told_of_what_does_not_begin(shop: Forge, webhook: Webhook) -> None:
    """A dry run, an unconfirmed plan and a stage that may be held send no notification."""
    shop.json("promote", "dev", "stg", "--dry-run", check=DONE)
    shop.json("promote", "dev", "stg", check=REFUSED)
    database = shop.repos["database"]
    database.remote_git("update-ref", "refs/multigit/locks/stg", database.tip("stg"))
    document = shop.json(*PROMOTE, check=REFUSED)
    found = [problem for repo in document["repos"] for problem in repo["problems"]]
    assert {problem["code"] for problem in found} == {"hold_unreadable"}
    assert set(states(document).values()) == {"blocked"}
    assert titles(webhook) == []
