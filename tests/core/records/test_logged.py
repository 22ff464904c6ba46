"""An operation's deployments as the log has them, where its journal is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.progress.earlier import LastOperation
from multigit.core.records.logged import logged_operation
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.agreement import Actor
from multigit.core.values.deploy_config import (
    CommandRunner,
    Deploy,
    GithubRunner,
    JenkinsRunner,
    Runner,
)
from multigit.core.values.deployment import Run, RunState
from tests.core.builders import API, MAIN, workspace

OPERATION = "20250115T150130Z-promote-stg-main-7f3a"
PAGE = "https://jenkins.example/job/shop/job/deploy/7/"
FIRST = DeploymentRecord("nrt", "queued", PAGE, run="4711", since="2025-01-15T15:02:00Z")
ROW = RepoRecord("api", "published", after="merge-1", tag="deploy-1", deployments=(FIRST,))
RECORD = Record(operation=OPERATION, actor=Actor("", "ada", "ci-1"), repos=(ROW,))
GITHUB = GithubRunner("deploy.yml")


def test_what_was_requested_is_rebuilt() -> None:
    """The key, the commit, the tag and the time are as they were; a watch has the last state."""
    ended = replace(ROW, after="", deployments=(replace(FIRST, state="exploded"),))
    watched = Record(operation="w", watches=OPERATION, repos=(ended,))
    (earlier,) = looked_up(GITHUB, watched, RECORD).deployments
    spec = earlier.spec
    assert (spec.key, spec.sha, spec.tag) == (f"{OPERATION}/api/nrt/1", "merge-1", "deploy-1")
    assert (spec.branch, spec.target, spec.since) == (MAIN.branch, "nrt", 1736953320)
    assert (earlier.run, earlier.state) == (Run("4711", PAGE), RunState.UNKNOWN)


def test_a_log_of_an_earlier_version_lacks_the_run() -> None:
    """It is searched for from the time when the operation began."""
    old = replace(FIRST, run="", since="")
    record = replace(RECORD, repos=(replace(ROW, deployments=(old,)),))
    (earlier,) = looked_up(GITHUB, record).deployments
    assert (earlier.run, earlier.spec.since) == (None, 1736953290)


@pytest.mark.parametrize(
    ("runner", "why"),
    [
        (CommandRunner(("true",)), "command on ci-1; check there"),
        (JenkinsRunner("https://jenkins.example", "shop/other"), "not a build of shop/other"),
        (None, "does not say any more"),
    ],
)
def test_what_cannot_be_looked_up_says_why(runner: Runner | None, why: str) -> None:
    """A command on another machine, a build of another job, or what is not deployed any more."""
    assert why in looked_up(runner, RECORD).lost


def test_a_build_of_the_same_job_can_be_looked_up() -> None:
    """Its page says which job it is."""
    assert not looked_up(JenkinsRunner("https://jenkins.example", "shop/deploy"), RECORD).lost


def test_the_name_of_a_job_may_have_spaces() -> None:
    """They are quoted in the address of its page. A folder may have a job of the same name."""
    jenkins = JenkinsRunner("https://jenkins.example", "deploy web")
    page = "https://jenkins.example/ci/job/deploy%20web/7/"
    assert not looked_up(jenkins, at_page(page)).lost
    assert looked_up(jenkins, at_page(page.replace("/job/", "/job/shop/job/"))).lost


def test_a_start_whose_answer_was_lost_can_be_looked_up() -> None:
    """It has no page and no number: only its key can find it. A number alone is not enough."""
    jenkins = JenkinsRunner("https://jenkins.example", "shop/deploy")
    (earlier,) = looked_up(jenkins, at_page("", run="")).deployments
    assert (earlier.run, earlier.state) == (None, RunState.QUEUED)
    assert looked_up(jenkins, at_page("")).lost


def test_a_log_without_details_says_so() -> None:
    """It may be cut, or written by anyone."""
    assert looked_up(GITHUB).lost == "the log has no details of it."


def at_page(url: str, run: str = "4711") -> Record:
    """Return the record of a deployment with a page."""
    return replace(RECORD, repos=(replace(ROW, deployments=(replace(FIRST, url=url, run=run),)),))


def looked_up(runner: Runner | None, *records: Record) -> LastOperation:
    """Return what the records say if main is deployed like this."""
    main = replace(MAIN, deploy=Deploy(runner) if runner else None)
    space = workspace(API, stages=(main,))
    return logged_operation(OPERATION, records, space, API, main)
