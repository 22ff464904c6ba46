"""multigit approve: reviews of what waits, each sent once and told truly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, codes
from tests.cli.hosts import RELEASE, Host, deployment
from tests.doubles.github import faults
from tests.support.forge import Forge

REVIEW = "actions/review-pending-deployments-for-run"


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return three repositories of which two wait for a review; no request breaks the contract."""
    made = Host(forge, ["database", "api", "web"], gated=frozenset({"api", "web"}))
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def waiting(host: Host) -> None:
    """Start everything without waiting, and let each run come to its gate."""
    host.forge.json(*RELEASE, "--no-wait", check=DONE)
    for run in host.double.runs():
        host.double.advance(run)


def answers(document: dict[str, object]) -> dict[str, str]:
    """Return what became of each review."""
    reviewed = document["reviewed"]
    assert isinstance(reviewed, list)
    return {each["repo"]: each["state"] for each in reviewed}


def test_a_gate_is_approved_and_the_deployment_watched_again(host: Host) -> None:
    """Started without waiting; the reviewer approves; watch sees the end and records it."""
    started = host.forge.json(*RELEASE, "-r", "web", "--no-wait", check=DONE)
    assert deployment(started, "web")["state"] == "queued"
    (run,) = host.double.runs()
    host.double.advance(run)
    refused = host.forge.json("approve", check=REFUSED)
    assert codes(refused) == ["confirmation_needed"]
    reviewed = host.forge.json("approve", "--yes", "--comment", "fine", check=DONE)
    assert reviewed["reviewed"] == [
        {"repo": "web", "target": None, "environments": ["production"], "state": "approved"}
    ]
    document = host.forge.json("watch", check=DONE)
    assert deployment(document, "web")["state"] == "succeeded"
    assert deployment(document, "web")["approved_by"]
    assert host.forge.json("log", check=DONE)["records"][-1]["command"] == "watch"
    host.forge.json("watch", check=DONE)
    assert len(host.forge.json("log", check=DONE)["records"]) == 2


def test_only_the_chosen_repositories_are_asked_about(host: Host) -> None:
    """One that cannot be asked keeps no other back, and none that was not named."""
    waiting(host)
    host.double.inject(faults.not_found(), "acme/api", "actions/get-pending-*", times=None)
    document = host.forge.json("approve", "-r", "web", "--yes", check=DONE)
    assert answers(document) == {"web": "approved"}


def test_one_that_cannot_be_asked_keeps_no_other_back(host: Host) -> None:
    """It is named, and the exit code tells."""
    waiting(host)
    host.double.inject(faults.not_found(), "acme/api", "actions/get-pending-*", times=None)
    document = host.forge.json("approve", "--yes", check=FAILED)
    assert answers(document) == {"web": "approved"}
    assert "api: " in document["problems"][0]["message"]


def test_a_review_that_is_refused_is_told_beside_the_others(host: Host) -> None:
    """Of a lost answer nobody knows what became: that is said, and nothing is sent again."""
    waiting(host)
    host.double.inject(faults.error(422), "acme/api", REVIEW, times=1)
    host.double.inject(faults.effect_then(502), "acme/web", REVIEW, times=1)
    said = host.forge.run("approve", "--yes", check=FAILED).stdout
    assert "api  failed" in said
    assert "web  unknown" in said
    document = host.forge.json("approve", "--yes", check=DONE)
    assert answers(document) == {"api": "approved"}


def test_what_is_over_is_not_asked_about(host: Host) -> None:
    """The database's run ended in the watch of the promotion; nobody can review it."""
    host.forge.json(*RELEASE, "-r", "database", check=DONE)
    host.double.inject(faults.not_found(), "*", "actions/get-pending-*", times=None)
    refused = host.forge.json("approve", "--yes", check=REFUSED)
    assert codes(refused) == ["nothing_to_approve"]
