"""Earlier deployments, and problems that would make one fail, are checked while planning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Result
from multigit.core.progress.deployments import planned_specs
from multigit.core.progress.earlier import Earlier, LastOperation, Look
from multigit.core.progress.findings import with_findings
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.deploy_config import Deploy, Trigger
from multigit.core.values.deployment import Idle, Run, RunState, RunStatus
from multigit.core.values.problem import Problem
from multigit.engine.deploy_checks import look_at, preflight
from multigit.engine.fleet import Fleet
from multigit.hints import Hint
from tests.engine.deployments import FAILED, GITHUB, RUNNING, SUCCEEDED, World

RUN = Run("r")


def looked(
    world: World,
    *states: RunState | RunStatus,
    run: Run | None = RUN,
    noted: RunState = RunState.QUEUED,
    here: bool = True,
) -> Look:
    """Return a look at an earlier deployment of api, which was last noted in a state."""
    (spec,) = [spec for spec in planned_specs(world.plan(), NOTHING_YET) if spec.repo == "api"]
    if run:
        world.runners.runs[run.id] = ("api", "")
    world.runners.script("api", *states)
    last = LastOperation("earlier", (Earlier(spec, run, noted),), here=here)
    return look_at({"api": last}, world.runners, Fleet(world.heard, 2))["api"]


def problem(look: Look) -> tuple[str, bool]:
    """Return the code of what keeps stg from being deployed, and whether that blocks."""
    found = look.problem("stg")
    return (found.code, found.blocks) if found else ("", False)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RUNNING, "running"),
        (RunState.WAITING, "waiting for approval"),
        (RunState.QUEUED, "queued"),
    ],
)
@pytest.mark.parametrize("noted", [RUNNING, FAILED, RunState.TIMED_OUT, RunState.UNKNOWN])
def test_what_runs_blocks_the_next_one(
    world: World, state: RunState, words: str, noted: RunState
) -> None:
    """The host is asked, whatever was noted: what failed may have been rerun on its page."""
    look = looked(world, state, noted=noted)
    assert problem(look) == ("still_deploying", True)
    found = look.problem("stg")
    assert found
    assert found.message == f"a deployment of earlier to stg is still {words}."
    assert look.doubts == ()


def test_what_runs_is_watched_only_where_its_journal_is(world: World) -> None:
    """Elsewhere multigit watch would be refused, so the hint has the page of the run."""
    here = looked(world, RUNNING).problem("stg")
    assert here
    assert here.hint == Hint.WATCH_OPERATION.format(operation="earlier")
    page = RunStatus(RUNNING, url="https://runs.example/r")
    elsewhere = looked(world, page, here=False).problem("stg")
    assert elsewhere
    assert elsewhere.hint == "Wait until it has ended: https://runs.example/r"


@pytest.mark.parametrize("state", [RUNNING, SUCCEEDED])
def test_what_a_later_operation_did_not_reach_is_looked_at(world: World, state: RunState) -> None:
    """The running one is named; once it has ended, what was not reached is still to be deployed."""
    (first,) = looked(world, state).seen
    before = replace(first.last, operation="first", here=False)
    later = LastOperation("later", ended=(RunState.NOT_STARTED,), before=(before,))
    assert later.may_run
    look = look_at({"api": later}, world.runners, Fleet(world.heard, 1))["api"]
    assert look.state is (RUNNING if state is RUNNING else RunState.NOT_STARTED)
    found = look.problem("stg")
    assert bool(found) == (state is RUNNING)
    assert not found or found.message == "a deployment of first to stg is still running."


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED])
def test_what_has_ended_meanwhile_blocks_nothing(world: World, state: RunState) -> None:
    """No one has to watch it first, and its end may be read in several steps."""
    for course in ([state], [RunStatus(RUNNING, more=True), RunStatus(RUNNING, more=True), state]):
        look = looked(world, *course)
        assert (look.state, look.problem("stg")) == (state, None)


def test_an_unknown_result_is_a_doubt(world: World) -> None:
    """No run, no answer of the host, or no way to look: it blocks, and says what was found.

    The same if its run was seen, but not how it ended.
    """
    world.runners.broken_looks = 1
    unknown = RunStatus(RunState.UNKNOWN, detail="its folder is gone.")
    lost = LastOperation("earlier", lost="its command ran on ci-1.")
    for look, found in (
        (looked(world, RUNNING), "the host answered 502."),
        (looked(world, RUNNING, run=None), "no run of it was found."),
        (looked(world, unknown), "its folder is gone."),
        (look_at({"api": lost}, world.runners, Fleet(world.heard, 1))["api"], "ran on ci-1."),
    ):
        assert problem(look) == ("deployment_in_doubt", True)
        (doubt,) = look.accepted("api")
        assert (doubt.code, doubt.repo) == ("deployment_in_doubt", "api")
        assert doubt.message.endswith(found)


@pytest.mark.parametrize("end", [RunState.SKIPPED, FAILED])
def test_a_push_that_started_nothing_is_no_doubt(world: World, end: RunState) -> None:
    """The files of the commit say so, even if multigit was killed while it searched for the run."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.idle_pushes = {"api": Idle("path_filter", "nothing passes it.", end)}
    look = looked(world, run=None, noted=RunState.STARTING)
    assert (look.state, look.problem("stg")) == (end, None)


@pytest.mark.parametrize(("trigger", "asked"), [(Trigger.DISPATCH, 1), (Trigger.PUSH, 0)])
def test_only_what_can_be_requested_is_asked_about(
    world: World, trigger: Trigger, asked: int
) -> None:
    """What only a push starts is looked for, whatever a person says."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=trigger))
    (spec, *_) = planned_specs(world.plan(), NOTHING_YET)
    last = LastOperation("earlier", (Earlier(spec, None, RunState.UNKNOWN),))
    assert len(last.unsure(now=0.0).deployments) == asked


def test_an_unknown_attempt_that_another_one_replaced_is_no_doubt(world: World) -> None:
    """A person accepted that then; only if it is seen running, nothing starts beside it."""
    (seen,) = looked(world, RunState.UNKNOWN).seen
    (unknown,) = seen.last.deployments
    last = replace(seen.last, deployments=(replace(unknown, superseded=True),))
    assert last.unsure(now=0.0).deployments == ()
    look = look_at({"api": last}, world.runners, Fleet(world.heard, 1))["api"]
    assert (look.doubts, look.problem("stg")) == ((), None)
    world.runners.script("api", RUNNING)
    look = look_at({"api": last}, world.runners, Fleet(world.heard, 1))["api"]
    assert problem(look) == ("still_deploying", True)


def test_a_failure_that_cannot_be_looked_up_stays_one(world: World) -> None:
    """But nothing starts beside it before a person accepts that it may be running again."""
    world.runners.broken_looks = 1
    look = looked(world, RUNNING, noted=FAILED)
    assert (look.state, problem(look)) == (FAILED, ("deployment_in_doubt", True))
    for world.runners.deleted in set[str](), {RUN.id}:
        gone = looked(world, RunState.UNKNOWN, noted=FAILED)
        assert (gone.state, gone.problem("stg")) == (FAILED, None)


@pytest.mark.parametrize(
    ("state", "code"), [(RUNNING, "still_deploying"), (FAILED, ""), (SUCCEEDED, "")]
)
def test_what_failed_before_the_last_one_may_be_running_again(
    world: World, state: RunState, code: str
) -> None:
    """Whatever became of the last one. Once it has ended, only the last one counts."""
    (older,) = looked(world, state, noted=FAILED).seen
    deployment = replace(older.last.deployments[0], superseded=False)
    earlier = replace(older.last, operation="first", deployments=(deployment,)).superseded()
    last = LastOperation("later", ended=(SUCCEEDED,), before=(earlier,))
    look = look_at({"api": last}, world.runners, Fleet(world.heard, 1))["api"]
    assert problem(look)[0] == code
    assert look.state is (RUNNING if code else SUCCEEDED)
    world.runners.broken_looks = 1
    unread = look_at({"api": last}, world.runners, Fleet(world.heard, 1))["api"]
    assert (unread.state, problem(unread)[0]) == (SUCCEEDED, "deployment_in_doubt")


def test_what_would_fail_is_found_while_planning(world: World) -> None:
    """It blocks, like everything else that prevents a deployment."""
    world.runners.problems["api"] = [Problem("workflow_missing", "there is no deploy.yml.")]
    plan = world.plan()
    found = preflight(plan, NOTHING_YET, world.runners, Fleet(world.heard, 4))
    plan = with_findings(plan, NOTHING_YET, found, world.git.workspace)
    assert plan.result is Result.BLOCKED
    assert plan.repos[1].problems[-1].code == "workflow_missing"
    assert world.runners.starts == {}
