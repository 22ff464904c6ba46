"""Many deployments by Jenkins with lost answers: each is started exactly once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from multigit.adapters.http.health_probe import HttpProbe
from multigit.adapters.jenkins.runs import JenkinsRuns
from multigit.core.planning.plan import RepoPlan
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.values.deploy_config import HealthCheck, JenkinsRunner
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.workspace import Repo
from multigit.engine.deploy import Deployer, Deployments
from multigit.engine.deploy_context import DeployContext
from multigit.engine.ports import FORGETFUL
from tests.core.builders import MADE, plan, to_publish
from tests.doubles import jenkins as doubled
from tests.doubles.jenkins import API_TOKEN, USER, Jenkins, Job
from tests.doubles.receivers import Health, healthy

NAMES = tuple(f"service-{number}" for number in range(20))
RELEASED = healthy({"sha": MADE["refs/heads/staging"]})


class Hurried:
    """A clock that does not wait."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the time."""
        return self.time

    def elapsed(self) -> float:
        """Return a constant, since no one changes this clock."""
        return self.time

    def wait(self, seconds: float, _leave: threading.Event) -> None:
        """Advance the time."""
        self.time += seconds


class Deaf:
    """A listener that ignores everything."""

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Ignore it."""

    def started(self, repo: str, doing: str) -> None:
        """Ignore it."""

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Ignore it."""

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Ignore it."""

    def say(self, sentence: str) -> None:
        """Ignore it."""

    def paused(self, why: str) -> None:
        """Ignore it."""


def repositories(jenkins: Jenkins, health: Health, params: Mapping[str, str]) -> list[RepoPlan]:
    """Return the plans of all repositories, each with a deployment by Jenkins."""
    step = DeployStep(
        stage="stg",
        environment="staging",
        branch="staging",
        target="",
        runner=JenkinsRunner(jenkins.url, "deploy", USER, params=params),
        timeout=1e9,  # one clock that does not wait is shared by all of them
        health=HealthCheck(f"{health.url}/health", json="sha"),
    )
    promoted = (to_publish(Repo(name, name)) for name in NAMES)
    return [replace(repo, steps=(*repo.steps, step)) for repo in promoted]


def deployed(repos: Sequence[RepoPlan]) -> Deployments:
    """Deploy all repositories."""
    runs = JenkinsRuns({"JENKINS_TOKEN": API_TOKEN}, pause=lambda _: None)
    context = DeployContext(plan(*repos), runs, HttpProbe(), Hurried(), FORGETFUL, Deaf())
    return Deployer(context).wave({repo.repo: (repo, MADE) for repo in repos})


@pytest.mark.parametrize("key", [True, False])
def test_each_is_started_once_whatever_gets_lost(*, key: bool) -> None:
    """Without a key, a start whose answer is lost is unknown, and it is not repeated."""
    params = {"REPO": "{repo}", **({"KEY": "{key}"} if key else {})}
    with Jenkins({"deploy": Job(frozenset(params))}) as jenkins, Health() as health:
        health.answer(RELEASED)
        jenkins.inject(doubled.effect_then(502), route="build", times=3)
        jenkins.inject(doubled.dropped(effect=True), route="build")
        jenkins.inject(doubled.error(502), route="build status", times=5)
        jenkins.script("deploy", ["waiting", "building", "FAILURE"], times=5)
        ended = deployed(repositories(jenkins, health, params))
    assert len(jenkins.starts) == jenkins.starts.total() == len(NAMES)
    states = Counter(_only(each).state for each in ended.by_repo.values())
    if key:
        assert states == {RunState.FAILED: 5, RunState.SUCCEEDED: 15}
    else:
        assert states[RunState.UNKNOWN] == 4
        assert states.total() == len(NAMES)


def _only(deployments: tuple[Deployment, ...]) -> Deployment:
    (deployment,) = deployments
    return deployment
