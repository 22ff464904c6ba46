"""The limits of a host, from the command line: they are waited for, and no start is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, INTERRUPTED, REFUSED, at_terminal, rows
from tests.cli.hosts import GITHUB, RELEASE, Host, deployment
from tests.doubles.github import faults
from tests.support.forge import Forge

START = "actions/create-workflow-dispatch"


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return a repository on GitHub; every request keeps the contract."""
    made = Host(forge, ["api"])
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def test_a_release_under_a_secondary_limit(forge: Forge) -> None:
    """All of them are started, and each time the limit costs one refused request."""
    names = [f"s{number}" for number in range(9)]
    host = Host(forge, names)
    with host.double as double:
        host.configure()
        limit = double.limit(START, most=4, seconds=1.0)
        said = forge.run(*RELEASE, "-j", "16", check=DONE)
        assert Counter(start.repo for start in double.starts.elements()) == {
            f"acme/{name}": 1 for name in names
        }
        assert limit.refused == [1, 1]
    lines = [line for line in said.stderr.splitlines() if "asks to wait until" in line]
    assert len(lines) == len(set(lines)) == 2
    assert "9 published, 9 deployed." in said.stdout


def test_ctrl_c_ends_the_wait_before_a_start(host: Host) -> None:
    """The live view says once what is waited for; nothing was started, and continue starts it."""
    host.double.inject(faults.secondary_limit(59), operation=START)
    with at_terminal(host.forge, *RELEASE) as terminal:
        terminal.expect("GitHub asks to wait until")
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
    assert host.double.starts == {}
    document = host.forge.json("continue", check=DONE)
    assert (deployment(document, "api")["state"], host.double.starts.total()) == ("succeeded", 1)


def test_a_limit_before_a_new_attempt_keeps_the_run_before_known(host: Host) -> None:
    """Someone reruns it meanwhile: continue watches that, and starts nothing beside it."""
    host.configure(GITHUB + 'targets = ["nrt", "fra"]\n')
    host.double.script("acme/api", ["queued", "failure"], times=1)
    host.forge.json(*RELEASE, check=FAILED)
    (run,) = host.double.runs()
    host.double.inject(faults.primary_limit(int(time.time()) + 7200), operation=START)
    known = first_target(host.forge.json("continue", check=FAILED))
    assert (known["state"], known["run"]) == ("failed", str(run.id))
    assert "GitHub asks to wait until" in known["detail"]
    host.double.finish(host.double.rerun(run), "success")
    known = first_target(host.forge.json("continue", check=DONE))
    assert (known["state"], known["run"]) == ("succeeded", str(run.id))
    assert host.double.starts.total() == len(["nrt", "fra"])


def first_target(document: dict[str, Any]) -> dict[str, Any]:
    """Return the deployment of api to its first target."""
    return dict(rows(document)["api"]["deployment"]["targets"][0])


def test_a_limit_beyond_the_timeout_ends_without_doubt(host: Host) -> None:
    """The deployment is not started, and continue starts it when the limit is over."""
    host.double.inject(faults.primary_limit(int(time.time()) + 7200), operation=START)
    document = host.forge.json(*RELEASE, check=REFUSED)
    known = deployment(document, "api")
    assert known["state"] == "not_started"
    assert "GitHub asks to wait until" in known["detail"]
    assert "multigit continue" in document["hint"]
    host.forge.run("continue", check=DONE)
    assert host.double.starts.total() == 1
