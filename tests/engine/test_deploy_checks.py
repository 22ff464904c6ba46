"""Earlier deployments, and problems that would make one fail, are checked while planning."""

from __future__ import annotations

import pytest

from multigit.core.planning.plan import Result
from multigit.core.progress.deployments import planned_specs
from multigit.core.progress.findings import with_findings
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.deployment import Run, RunState, RunStatus
from multigit.core.values.problem import Problem
from multigit.engine.deploy_checks import check_earlier_deployments, preflight
from multigit.engine.fleet import Fleet
from tests.engine.deployments import FAILED, RUNNING, SUCCEEDED, World

RUN = Run("r")


def earlier(
    world: World, *states: RunState | RunStatus, run: Run | None = RUN
) -> dict[str, list[Problem]]:
    """Return the problems of a plan with an earlier deployment of api whose end is unknown."""
    (spec,) = [spec for spec in planned_specs(world.plan(), NOTHING_YET) if spec.repo == "api"]
    if run:
        world.runners.runs[run.id] = ("api", "")
    world.runners.script("api", *states)
    before = {"api": [(spec, run)]}
    found = check_earlier_deployments(world.plan(), before, world.runners, Fleet(world.heard, 2))
    return {name: list(problems) for name, problems in found.items()}


@pytest.mark.parametrize("state", [RUNNING, RunState.WAITING, RunState.QUEUED])
def test_what_still_runs_blocks_the_next_one(world: World, state: RunState) -> None:
    """The host is asked, because the record in the log may lack the end."""
    (problem,) = earlier(world, state)["api"]
    assert (problem.code, problem.blocks) == ("still_deploying", True)


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED])
def test_what_has_ended_meanwhile_blocks_nothing(world: World, state: RunState) -> None:
    """No one has to watch it first."""
    assert earlier(world, state) == {"api": []}
    assert earlier(world, RunStatus(RUNNING, more=True), RunStatus(RUNNING, more=True), state) == {
        "api": []
    }  # one whose end is read in several steps


def test_an_unknown_result_is_a_warning(world: World) -> None:
    """No run, no answer of the host, or no journal: a warning, so there is never a dead end.

    The same if its run was seen, but not how it ended.
    """
    world.runners.broken_looks = 1
    for found in (
        earlier(world, RUNNING),
        earlier(world, RUNNING, run=None),
        earlier(world, RunState.UNKNOWN),
        check_earlier_deployments(world.plan(), {"api": ()}, world.runners, Fleet(world.heard, 1)),
    ):
        (problem,) = found["api"]
        assert (problem.code, problem.blocks) == ("deployment_in_doubt", False)


def test_what_would_fail_is_found_while_planning(world: World) -> None:
    """It blocks, like everything else that prevents a deployment."""
    world.runners.problems["api"] = [Problem("workflow_missing", "there is no deploy.yml.")]
    plan = world.plan()
    found = preflight(plan, NOTHING_YET, world.runners, Fleet(world.heard, 4))
    plan = with_findings(plan, NOTHING_YET, found, world.git.workspace)
    assert plan.result is Result.BLOCKED
    assert plan.repos[1].problems[-1].code == "workflow_missing"
    assert world.runners.starts == {}
