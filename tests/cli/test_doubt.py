"""Deployments whose end no one saw: their host is asked, and only a person decides a doubt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, at_terminal, codes, rows
from tests.cli.hosts import GITHUB, RELEASE, Host, deployment
from tests.support.forge import Forge, remotes_untouched

TARGETS = 'targets = ["eu", "us"]\n'
DEPLOY = ("deploy", "main", "--yes")


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return a repository on GitHub; every request keeps the contract."""
    made = Host(forge, ["api"])
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def promoted(host: Host, *options: str, check: int = DONE) -> dict[str, Any]:
    """Promote a new commit without waiting for the deployment."""
    api = host.forge.repos["api"]
    api.commit("stg", {"more": api.tip("main")}, message="feat: more")
    return dict(host.forge.json(*RELEASE, "--no-wait", *options, check=check))


def fresh_machine(host: Host) -> None:
    """Leave only the deployment log, as where CI begins with a new workspace each time."""
    shutil.rmtree(host.forge.shop / ".multigit")


@pytest.mark.parametrize("ended", ["success", "failure"])
def test_a_machine_with_only_the_log_asks_for_the_true_state(host: Host, ended: str) -> None:
    """A run blocks while it runs, and no longer, although no one watched it end."""
    promoted(host)
    fresh_machine(host)
    (run,) = host.double.runs()
    host.double.put(run, "in_progress")
    refused = promoted(host, check=REFUSED)
    (problem,) = rows(refused)["api"]["problems"]
    assert problem["code"] == "still_deploying"
    assert problem["hint"].endswith(f"/actions/runs/{run.id}")
    host.double.finish(run, ended)
    fresh_machine(host)
    assert codes(rows(promoted(host))["api"]) == []


def test_a_failed_run_that_was_rerun_blocks_a_machine_with_only_the_log(host: Host) -> None:
    """It has the same id, and is in its second attempt."""
    host.double.script("acme/api", ["queued", "failure"], times=1)
    host.forge.json(*RELEASE, check=FAILED)
    fresh_machine(host)
    (run,) = host.double.runs()
    assert host.double.rerun(run).attempt == 2
    host.double.put(run, "in_progress")
    refused = host.forge.json(*DEPLOY, "--failed", check=REFUSED)
    assert codes(refused) == ["nothing_failed"]
    assert refused["hint"].endswith(f"/actions/runs/{run.id}")
    assert codes(rows(host.forge.json(*DEPLOY, check=REFUSED))["api"]) == ["still_deploying"]


def test_a_later_operation_hides_nothing_where_it_started_nothing(host: Host) -> None:
    """It failed at eu, so us still has the run of the operation before, which anyone can rerun.

    However that ends, us lacks what the later one was to deploy.
    """
    host.configure(GITHUB.replace('"{release}"', '"{release} {target}"') + TARGETS)
    for end, times in (("success", 1), ("failure", 2)):
        host.double.script("acme/api", ["queued", end], times=times)
    first = host.forge.json(*RELEASE, check=FAILED)
    host.forge.json(*DEPLOY, check=FAILED)
    host.forge.json("abandon", check=DONE)
    _, us, _ = host.double.runs()
    host.double.rerun(us)
    host.double.put(us, "in_progress")
    (problem,) = rows(host.forge.json(*DEPLOY, check=REFUSED))["api"]["problems"]
    assert problem["code"] == "still_deploying"
    assert first["operation"] in problem["message"]
    host.double.finish(us, "success")
    fresh_machine(host)
    document = host.forge.json(*DEPLOY, "--failed", check=DONE)
    states = [each["state"] for each in rows(document)["api"]["deployment"]["targets"]]
    assert states == ["succeeded", "succeeded"]


def test_what_failed_unseen_is_deployed_again(host: Host) -> None:
    """--failed asks for the true state."""
    promoted(host)
    (run,) = host.double.runs()
    host.double.finish(run, "failure")
    document = host.forge.json(*DEPLOY, "--failed", check=DONE)
    assert deployment(document, "api")["state"] == "succeeded"


def test_a_deleted_run_blocks_until_that_is_accepted(host: Host) -> None:
    """The log, the tag and the document say what was accepted; then it blocks nothing any more."""
    promoted(host)
    (run,) = host.double.runs()
    host.double.delete(run)
    with remotes_untouched(host.forge):
        refused = host.forge.json(*DEPLOY, check=REFUSED)
    (problem,) = rows(refused)["api"]["problems"]
    assert problem["code"] == "deployment_in_doubt"
    assert f"run {run.id} of acme/api was not found" in problem["message"]
    assert "--accept-doubt" in problem["hint"]
    document = promoted(host, "--accept-doubt")
    (accepted,) = document["accepted"]
    assert (accepted["code"], accepted["repo"]) == ("deployment_in_doubt", "api")
    assert host.forge.json("log", check=DONE)["records"][-1]["accepted"] == [accepted]
    tag = host.forge.repos["api"].remote_git("cat-file", "tag", document["release"])
    assert "\nMultigit-Accepted: deployment_in_doubt api\n" in tag
    host.double.finish(host.double.runs()[-1], "success")
    assert promoted(host)["accepted"] == []


def test_a_person_is_asked_before_the_usual_question(host: Host) -> None:
    """--yes does not answer it, and after a no nothing has changed."""
    promoted(host)
    host.double.delete(host.double.runs()[0])
    with at_terminal(host.forge, *DEPLOY) as terminal:
        terminal.expect("was not found")
        terminal.expect("anyway?")
        terminal.send_line("n")
        assert terminal.finish() == REFUSED
    with at_terminal(host.forge, "deploy", "main", "--no-wait") as terminal:
        terminal.expect("anyway?")
        terminal.send_line("y")
        terminal.expect("Continue?")
        terminal.send_line("y")
        assert terminal.finish() == DONE
