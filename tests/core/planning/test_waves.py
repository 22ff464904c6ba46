"""Waves: the order of repositories, and warnings about dependencies that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.waves import everything_before, in_order, waves
from multigit.core.records.last_deployments import failed_dependencies, last_deployed
from multigit.core.records.record import Record
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.workspace import Repo
from tests.core.builders import API, WEB, plan, record, row, to_publish, workspace

DATABASE = Repo("database", "database")
AFTER = replace(API, after=("database",), wave=1)
LAST = replace(WEB, after=("database", "api"), wave=2)
SPACE = workspace(DATABASE, AFTER, LAST)
STEP = DeployStep("stg", "stg", "staging", "", CommandRunner(("true",)), 60.0)


def deploying(repo: Repo) -> RepoPlan:
    """Return the plan of a repository that is promoted and deployed."""
    planned = to_publish(repo)
    return replace(planned, steps=(*planned.steps, STEP), wave=repo.wave)


def test_waves_follow_the_dependencies() -> None:
    """The order in which they are listed does not matter."""
    after = {"web": ("api",), "api": ("database",), "database": (), "docs": ()}
    assert waves(after) == {"web": 2, "api": 1, "database": 0, "docs": 0}


def test_a_cycle_is_named() -> None:
    """The error lists all of its members."""
    with pytest.raises(ValueError, match="a → b → a"):
        waves({"a": ("b",), "b": ("a",)})


def test_dependencies_of_dependencies_count() -> None:
    """Each is listed once, in the order of the dependencies."""
    after = {"web": ("api", "database"), "api": ("database",), "database": (), "docs": ()}
    assert everything_before("web", after) == ("database", "api")
    assert everything_before("docs", after) == ()


def logged(state: str) -> list[Record]:
    """Return a log in which the database was deployed to stg."""
    return [record("one", row("", state, repo="database"))]


@pytest.mark.parametrize("state", ["failed", "unhealthy", "running"])
def test_a_dependency_that_failed_warns(state: str) -> None:
    """No one has to remember it, and it does not block."""
    found = failed_dependencies(plan(deploying(AFTER)), SPACE, last_deployed(logged(state)))
    assert [(p.code, p.blocks) for p in found["api"]] == [("after_unwell", False)]


def test_a_dependency_that_succeeded_or_is_deployed_now_does_not_warn() -> None:
    """If it is deployed now, later waves wait for it."""
    assert not failed_dependencies(
        plan(deploying(AFTER)), SPACE, last_deployed(logged("succeeded"))
    )
    both = plan(deploying(DATABASE), deploying(AFTER))
    assert not failed_dependencies(both, SPACE, last_deployed(logged("failed")))


def test_a_superproject_comes_after_its_submodules() -> None:
    """This is in addition to its other dependencies."""
    space = workspace(DATABASE, API, replace(WEB, after=("database",)))
    outer = replace(to_publish(API), follows=("web",))
    found = in_order((outer, to_publish(WEB), to_publish(DATABASE)), space, skip_blocked=False)
    assert {repo.repo: repo.wave for repo in found} == {"database": 0, "web": 1, "api": 2}


def test_without_submodules_the_waves_are_those_of_the_configuration() -> None:
    """The plans are not changed."""
    repos = (deploying(LAST), deploying(AFTER))
    assert in_order(repos, SPACE, skip_blocked=False) == repos


@pytest.mark.parametrize(("skip", "state"), [(False, State.BLOCKED), (True, State.SKIPPED)])
def test_submodules_may_contradict_the_configured_order(skip: bool, state: State) -> None:  # noqa: FBT001
    """Only the superproject is blocked or skipped."""
    outer = replace(to_publish(DATABASE), follows=("api",))
    found = in_order((outer, to_publish(API)), SPACE, skip_blocked=skip)
    assert [(repo.repo, repo.state) for repo in found] == [
        ("database", state),
        ("api", State.PLANNED),
    ]
    assert [each.code for each in found[0].problems] == ["submodule_order"]
