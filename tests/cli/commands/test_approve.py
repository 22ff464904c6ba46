"""multigit approve: each review is sent once, and its result is reported correctly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, at_terminal, codes, meanwhile, told
from tests.cli.hosts import RELEASE, Host, deployment
from tests.doubles.github import faults
from tests.support.forge import Forge
from tests.support.patience import until

REVIEW = "actions/review-pending-deployments-for-run"


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return three repositories, two of which wait for a review; all requests keep the contract."""
    made = Host(forge, ["database", "api", "web"], gated=frozenset({"api", "web"}))
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def waiting(host: Host) -> None:
    """Start all deployments without waiting for them, and let each run reach its gate."""
    host.forge.json(*RELEASE, "--no-wait", check=DONE)
    for run in host.double.runs():
        host.double.advance(run)


def answers(document: dict[str, object]) -> dict[str, str]:
    """Return the result of each review."""
    reviewed = document["reviewed"]
    assert isinstance(reviewed, list)
    return {each["repo"]: each["state"] for each in reviewed}


def test_a_gate_is_approved_and_the_deployment_watched_again(host: Host) -> None:
    """Approve needs a confirmation; watch then reports the result, and each leaves a record."""
    started = host.forge.json(*RELEASE, "-r", "web", "--no-wait", check=DONE)
    assert deployment(started, "web")["state"] == "queued"
    (run,) = host.double.runs()
    host.double.advance(run)
    refused = host.forge.json("approve", check=REFUSED)
    assert codes(refused) == ["confirmation_needed"]
    reviewed = host.forge.json("approve", "--yes", "--comment", "fine", check=DONE)
    assert reviewed["reviewed"] == [
        {
            "repo": "web",
            "target": None,
            "environments": ["production"],
            "state": "approved",
            "by": None,
        }
    ]
    [gate] = reviewed["waiting"]
    assert (gate["environment"], gate["mine"]) == ("production", True)
    assert gate["since"]
    assert gate["url"]
    document = host.forge.json("watch", check=DONE)
    assert deployment(document, "web")["state"] == "succeeded"
    assert deployment(document, "web")["approved_by"]
    host.forge.json("watch", check=DONE)
    records = host.forge.json("log", check=DONE)["records"]
    assert [each["command"] for each in records] == ["promote", "approve", "watch"]


def test_only_the_chosen_repositories_are_asked_about(host: Host) -> None:
    """Repositories that were not named are not asked."""
    waiting(host)
    host.double.inject(faults.not_found(), "acme/api", "actions/get-pending-*", times=None)
    document = host.forge.json("approve", "-r", "web", "--yes", check=DONE)
    assert answers(document) == {"web": "approved"}


def test_a_person_chooses_what_to_review(host: Host) -> None:
    """All that wait are shown with their run, and selected at first."""
    waiting(host)
    with at_terminal(host.forge, "approve", cols=100) as terminal:
        terminal.expect("api  production  waits for ada")
        terminal.expect("http")
        terminal.expect("web  production")
        terminal.expect("Which of them?")
        terminal.expect_keys()
        terminal.send_key("space")
        terminal.send_key("enter")
        terminal.expect("Approve the deployment of web to main?")
        terminal.expect_keys()
        terminal.send_line("y")
        assert terminal.finish() == DONE
    assert {run.repo for run in host.double.runs() if run.reviews} == {"acme/web"}


def test_only_the_named_environment_is_reviewed(host: Host) -> None:
    """Another one is refused with those that wait."""
    waiting(host)
    refused = host.forge.json("approve", "--environment", "staging", "--yes", check=REFUSED)
    assert codes(refused) == ["environment_not_waiting"]
    assert "production" in told(refused)
    document = host.forge.json("approve", "--environment", "production", "--yes", check=DONE)
    assert answers(document) == {"api": "approved", "web": "approved"}


def test_one_that_cannot_be_asked_keeps_no_other_back(host: Host) -> None:
    """It is named in a problem, and the exit code is 1."""
    waiting(host)
    host.double.inject(faults.not_found(), "acme/api", "actions/get-pending-*", times=None)
    document = host.forge.json("approve", "--yes", check=FAILED)
    assert answers(document) == {"web": "approved"}
    assert "api: " in document["problems"][0]["message"]


def test_a_review_that_is_refused_is_told_beside_the_others(host: Host) -> None:
    """A lost answer is looked up, and the review is not sent again."""
    waiting(host)
    host.double.inject(faults.error(422), "acme/api", REVIEW, times=1)
    host.double.inject(faults.effect_then(502), "acme/web", REVIEW, times=1)
    said = host.forge.run("approve", "--yes", check=FAILED).stdout
    assert "api  failed" in said
    assert "web  approved" in said
    document = host.forge.json("approve", "--yes", check=DONE)
    assert answers(document) == {"api": "approved"}


def last_record(host: Host) -> dict[str, Any]:
    """Return the newest record of the log, after verifying the log."""
    document = host.forge.json("log", "--verify", check=DONE)
    return dict(document["records"][-1])


def test_every_answer_leaves_a_trace(host: Host) -> None:
    """The log records who reviewed what with which comment, including a review that was refused."""
    waiting(host)
    host.double.inject(faults.error(422), "acme/api", REVIEW, times=1)
    host.forge.json("approve", "--reject", "--comment", "not\nyet", "--yes", check=FAILED)
    record = last_record(host)
    operation = host.forge.json("log", check=DONE)["records"][0]["operation"]
    assert (record["command"], record["reviews"], record["stage"]) == ("approve", operation, "main")
    assert (record["message"], record["result"], record["repos"]) == ("not\nyet", "failed", [])
    assert record["who"] == "Ada Lovelace <ada@example.org>"
    production = {"target": None, "environments": ["production"], "by": None}
    assert record["reviewed"] == [
        {"repo": "api", "state": "failed", **production},
        {"repo": "web", "state": "rejected", **production},
    ]
    shown = host.forge.run("log", "-n", "1", check=DONE).stdout
    assert "approve main" in shown
    assert "1 failed, 1 rejected" in shown
    assert "not" in shown


def test_a_record_of_reviews_is_taken_for_nothing_else(host: Host) -> None:
    """Undo, watch and status ignore it and use the operation that deployed."""
    host.forge.json(*RELEASE, "-r", "web", "--no-wait", check=DONE)
    before = host.forge.json("status", "--no-fetch", check=DONE)["repos"]
    (run,) = host.double.runs()
    host.double.advance(run)
    host.forge.json("approve", "--yes", check=DONE)
    assert last_record(host)["command"] == "approve"
    assert host.forge.json("status", "--no-fetch", check=DONE)["repos"] == before
    operation = last_record(host)["reviews"]
    refused = host.forge.json("undo", "--dry-run", check=REFUSED)
    assert codes(refused) == ["cannot_be_undone"]
    assert host.forge.json("watch", check=DONE)["operation"] == operation


def test_without_a_log_nothing_is_sent(host: Host) -> None:
    """If the review cannot be recorded, it is not sent."""
    waiting(host)
    operation = last_record(host)["operation"]
    log = host.forge.shop / "deployment.log"
    log.rename(log.with_name("elsewhere"))
    log.mkdir()
    refused = host.forge.json("approve", operation, "--yes", check=REFUSED)
    assert codes(refused) == ["log_not_writable"]
    log.rmdir()
    log.with_name("elsewhere").rename(log)
    host.forge.json("approve", "--yes", check=DONE)


def test_the_first_record_may_be_of_a_review(host: Host) -> None:
    """It is written while the first operation runs, and a cut log is still found by its tags."""
    with meanwhile(lambda: host.forge.json(*RELEASE, "-r", "web", check=DONE)) as promotion:
        until(lambda: host.forge.run("approve", "--yes").returncode == DONE)
        document = promotion.result()
    records = host.forge.json("log", "--remote", check=DONE)["records"]
    assert [each["command"] for each in records] == ["approve", "promote"]
    log = host.forge.shop / "deployment.log"
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    lost = host.forge.json("log", "--remote", check=FAILED)
    assert codes(lost) == ["log_cut"]
    assert document["release"] in lost["message"]


@pytest.mark.parametrize("ended", ["failure", "cancelled"])
def test_what_somebody_runs_again_can_be_reviewed(host: Host, ended: str) -> None:
    """If it runs again, it can be reviewed; a run that stays failed is ignored.

    Waiting reviews are read from the host, not from the last recorded state.
    """
    waiting(host)
    gated = {run.repo: run for run in host.double.runs() if run.repo != "acme/database"}
    for run in gated.values():
        host.double.finish(run, ended)
    host.forge.json("watch", check=FAILED)
    assert codes(host.forge.json("approve", "--yes", check=REFUSED)) == ["nothing_to_approve"]
    host.double.put(gated["acme/api"], "waiting")
    document = host.forge.json("approve", "--yes", check=DONE)
    assert answers(document) == {"api": "approved"}


def test_what_is_over_is_not_asked_about(host: Host) -> None:
    """A run that has ended is not asked for pending reviews."""
    host.forge.json(*RELEASE, "-r", "database", check=DONE)
    host.double.inject(faults.not_found(), "*", "actions/get-pending-*", times=None)
    refused = host.forge.json("approve", "--yes", check=REFUSED)
    assert codes(refused) == ["nothing_to_approve"]


def test_the_pages_of_runs_are_printed_for_scripts(host: Host) -> None:
    """In the order of the configuration, without watching them; none without runs at a host."""
    nothing = host.forge.json("watch", "--web", check=REFUSED)
    assert codes(nothing) == ["nothing_to_watch"]
    waiting(host)
    before = host.double.count()
    document = host.forge.json("watch", "--web", check=DONE)
    runs = {run.repo: run.id for run in host.double.runs()}
    wanted = [f"acme/{name}/actions/runs/{runs[f'acme/{name}']}" for name in host.forge.repos]
    assert [url[url.index("acme/") :] for url in document["pages"]] == wanted
    assert host.forge.run("watch", "--web", check=DONE).stdout.split() == document["pages"]
    assert host.double.count() == before
