"""Runs that may be running again: nothing starts beside them, and none is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.progress.deployments import planned_specs, to_watch
from multigit.core.progress.earlier import Earlier, LastOperation
from multigit.core.progress.journal import Operation
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.deploy_config import Deploy, Trigger
from multigit.core.values.deployment import Deployment, DeploymentSpec, Run, RunState, RunStatus
from multigit.engine.deploy import Deployer
from multigit.engine.deploy_context import DeployContext
from multigit.engine.target import LATE
from multigit.errors import GitError
from tests.engine.deployments import (
    FAILED,
    GITHUB,
    NAMES,
    RUNNING,
    SUCCEEDED,
    Notes,
    World,
    ends,
)
from tests.engine.operations import outcome
from tests.support import fake_runners

API = ("api", "")


def failed_twice(world: World, first: RunState = FAILED) -> tuple[Notes, str, str]:
    """Deploy api, in vain, and again; return the journal, and the ids of the two runs."""
    plan, notes = world.begun()
    world.runners.script("api", first)
    world.run(plan, notes)
    world.runners.script("api", FAILED)
    world.resume(notes)
    world.runners.script("api", SUCCEEDED)
    return notes, f"{plan.operation}/api/1", f"{plan.operation}/api/2"


def known(notes: Notes) -> Deployment:
    """Return the last deployment of api according to the journal."""
    operation = Operation.from_entries(notes.entries)
    assert operation
    return operation.state.of("api").deployments[""]


def silent(world: World, *runs: str) -> None:
    """Let the host say nothing about these runs."""

    def at_poll(spec: DeploymentSpec) -> None:
        if spec.key in runs:
            raise GitError("the host answered 502.")

    world.runners.at_poll = at_poll


@pytest.mark.parametrize("about", [1, 2])
def test_an_attempt_about_which_the_host_is_silent_hides_no_other(world: World, about: int) -> None:
    """Whichever was rerun meanwhile is followed when the host says so."""
    notes, *runs = failed_twice(world)
    silent(world, runs[about - 1])
    assert ends(world.resume(notes))["api"] == ["unknown"]
    assert sorted(each.attempt for each in known(notes).tried()) == [1, 2]
    silent(world)
    assert ends(world.resume(notes))["api"] == ["failed"]
    for run in runs:
        world.runners.courses[run] = [RunStatus(FAILED)]
    world.runners.courses[runs[2 - about]] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts[API] == 2


def test_a_deleted_run_had_ended_however_slowly_it_is_polled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many runs to watch, a minute passes before it was missed often enough."""
    notes, first, second = failed_twice(world)
    monkeypatch.setattr(fake_runners, "PATIENCE", 2 * LATE)
    world.runners.deleted |= {first, second}
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts[API] == 3


def test_who_watches_sees_the_last_attempt(world: World) -> None:
    """An older one that is gone does not take its place."""
    notes, first, _ = failed_twice(world, RunState.CANCELLED)
    world.runners.deleted.add(first)
    operation = Operation.from_entries(notes.entries)
    assert operation
    context = DeployContext(
        to_watch(operation).plan,
        world.runners,
        world.probe,
        world.clock,
        notes,
        world.heard,
        world.leave,
        starts=False,
    )
    made = {
        repo.repo: (repo, operation.state.of(repo.repo).made) for repo in context.plan.planned()
    }
    (seen,) = Deployer(context, operation.state).wave(made).by_repo["api"]
    assert (seen.state, seen.attempt) == (FAILED, 2)


def test_without_waiting_an_older_attempt_is_looked_at_once(world: World) -> None:
    """Its rerun succeeded, which is noted."""
    notes, first, _ = failed_twice(world)
    world.runners.courses[first] = [RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes, wait=False))["api"] == ["succeeded"]
    assert (known(notes).state, known(notes).attempt) == (SUCCEEDED, 1)


@pytest.mark.parametrize("again", [[RUNNING, RUNNING, SUCCEEDED], [SUCCEEDED]])
def test_the_time_of_a_rerun_counts_from_when_it_was_found(
    world: World, again: list[RunState]
) -> None:
    """Not from the first run a day ago; it is unknown if the rerun has ended."""
    notes, _, second = failed_twice(world)
    world.clock.time += 86_400
    world.runners.courses[second] = [RunStatus(state) for state in again]
    (deployment,) = outcome(world.resume(notes), "api").deployments
    assert deployment.state is SUCCEEDED
    assert (0 < deployment.seconds < LATE) is (len(again) > 1)


def test_what_a_push_started_stays_the_same_attempt(world: World) -> None:
    """Nothing is requested again, so its end is counted once."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH), timeout=600.0)
    world.runners.by_push = {(name, ""): 0 for name in NAMES}
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    for _ in range(2):
        assert ends(world.resume(notes))["api"] == ["failed"]
    assert known(notes).attempt == 1
    world.runners.courses[f"{plan.operation}/api/1"] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes))["api"] == ["succeeded"]


def test_without_waiting_no_limit_is_waited_for(world: World) -> None:
    """The run was requested before; it is looked at once, or not at all."""
    plan, notes = world.begun()
    world.runners.script("api", RUNNING)
    world.run(replace(plan, wait=False), notes)
    world.clock.waits.clear()
    world.runners.limits[API] = [5000.0]
    assert ends(world.resume(notes, wait=False))["api"] == ["queued"]
    assert sum(world.clock.waits) < LATE


def test_a_refused_start_leaves_a_doubt_one(world: World) -> None:
    """What a person accepted counts for one command: the next one starts nothing."""
    world.runners.lose_request.add(API)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.refuse.add(API)
    first = f"{plan.operation}/api/1"
    assert ends(world.resume(notes, accepted=(first,)))["api"] == ["unknown"]
    assert ends(world.resume(notes, accepted=()))["api"] == ["unknown"]
    assert world.runners.starts[API] == 0


def test_what_is_accepted_is_not_waited_for(world: World) -> None:
    """The host is silent about it, for a minute at each of two looks, not until its timeout."""
    plan, notes = world.begun()
    world.runners.script("api", RUNNING)
    world.run(replace(plan, wait=False), notes)
    first = f"{plan.operation}/api/1"
    silent(world, first)
    world.runners.script("api", SUCCEEDED)
    world.clock.waits.clear()
    assert ends(world.resume(notes, accepted=(first,)))["api"] == ["succeeded"]
    assert world.runners.starts[API] == 2
    assert sum(world.clock.waits) <= 2 * LATE


@pytest.mark.parametrize(("noted", "word"), [(FAILED, "running again"), (RUNNING, "running")])
def test_only_what_had_ended_runs_again(world: World, noted: RunState, word: str) -> None:
    """The sentence about what hinders a start says what was known."""
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    (spec,) = planned_specs(plan, NOTHING_YET)
    world.earlier = {"api": LastOperation("earlier", (Earlier(spec, Run("old"), noted),))}
    world.runners.runs["old"] = API
    world.runners.courses["old"] = [RunStatus(RUNNING)]
    (deployment,) = outcome(world.run(plan), "api").deployments
    assert deployment.status.detail == f"a deployment of earlier to stg is {word}."
