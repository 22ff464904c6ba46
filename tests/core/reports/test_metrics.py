"""The metrics about deployments that are sent to a monitoring system."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.counts import ends
from multigit.core.progress.outcome import Outcome, ended
from multigit.core.progress.state import NOTHING_YET, OperationState, ends_so_far
from multigit.core.reports.metrics import metrics
from multigit.core.values.deploy_config import CommandRunner, GithubRunner, Runner, Trigger
from multigit.core.values.deployment import Deployment, RunState
from tests.core.builders import API, ROOT, WEB, plan, published, state, to_publish, without_steps

SUCCEEDED = Deployment(state=RunState.SUCCEEDED, seconds=12.3456)
FAILED = Deployment("fra", RunState.FAILED, seconds=2)
NOT_STARTED = Deployment("syd")


def deployed(*deployments: Deployment) -> Outcome:
    """Return api, published and deployed."""
    return Outcome(to_publish(API), State.PUBLISHED, deployments=deployments)


def lines(
    *outcomes: Outcome, tags: bool = True, known: OperationState = NOTHING_YET
) -> tuple[str, ...]:
    """Return the metrics of these outcomes; by default, the operation is new."""
    report = ended(plan(*(outcome.plan for outcome in outcomes)), outcomes)
    return metrics(report, ends(report) - ends_so_far(known.repos), known, tags=tags)


def pushed(outcome: Outcome, runner: Runner) -> Outcome:
    """Return the outcome with a deployment by this runner."""
    step = DeployStep("stg", "stg", "staging", "", runner, 60.0)
    return replace(outcome, plan=replace(outcome.plan, steps=(*outcome.plan.steps, step)))


def test_a_deployment_is_counted_with_its_duration() -> None:
    """The duration is in milliseconds."""
    assert lines(deployed(SUCCEEDED)) == (
        "deployment.count:1|c|#stage:stg,result:done,repo:api",
        "deployment.duration:12346|ms|#stage:stg,result:done,repo:api",
    )


def test_plain_statsd_has_no_tags() -> None:
    """The lines are the same without them."""
    assert lines(deployed(SUCCEEDED), tags=False) == (
        "deployment.count:1|c",
        "deployment.duration:12346|ms",
    )


def test_each_target_counts_when_it_has_ended() -> None:
    """A target that was not started is not counted."""
    assert lines(deployed(FAILED, NOT_STARTED)) == (
        "deployment.count:1|c|#stage:stg,result:failed,repo:api,target:fra",
        "deployment.duration:2000|ms|#stage:stg,result:failed,repo:api,target:fra",
    )


def test_without_a_runner_the_push_is_the_deployment() -> None:
    """It is counted without a duration."""
    idle = without_steps(ROOT, State.UP_TO_DATE)
    failed = Outcome(to_publish(WEB), State.FAILED)
    assert lines(published(API), failed, Outcome(idle, State.UP_TO_DATE)) == (
        "deployment.count:1|c|#stage:stg,result:done,repo:api",
        "deployment.count:1|c|#stage:stg,result:failed,repo:web",
    )


def test_a_push_is_no_deployment_that_did_not_start() -> None:
    """If it is closed before its deployment, nothing is counted; a push that failed is."""
    runner = CommandRunner(("deploy",))
    assert lines(pushed(published(API), runner)) == ()
    failed = Outcome(to_publish(WEB), State.FAILED)
    assert len(lines(pushed(failed, runner))) == 1


def test_what_was_not_reached_is_not_counted() -> None:
    """A repository in a later wave that was not reached is neither done nor failed."""
    left = Outcome(to_publish(WEB), State.NOT_PUBLISHED)
    assert lines(published(API), left) == ("deployment.count:1|c|#stage:stg,result:done,repo:api",)


def test_what_ended_before_a_continue_is_not_counted_again() -> None:
    """This covers deployments and pushes, but a failed deployment that was repeated is counted."""
    again = replace(FAILED, attempt=2)
    known = state(
        settled={"web": State.PUBLISHED}, deployments={"api": {"": SUCCEEDED, "fra": FAILED}}
    )
    assert lines(deployed(SUCCEEDED, again), published(WEB), known=known) == (
        "deployment.count:1|c|#stage:stg,result:failed,repo:api,target:fra",
        "deployment.duration:2000|ms|#stage:stg,result:failed,repo:api,target:fra",
    )


def test_an_end_that_is_seen_later_has_no_duration() -> None:
    """An earlier process started it, and it may have ended long before it was noticed."""
    running = replace(SUCCEEDED, state=RunState.RUNNING)
    there = {"api": State.PUBLISHED, "web": State.PUBLISHED}
    before = state(settled=there, deployments={"api": {"": running}})
    seen = lines(deployed(SUCCEEDED), published(WEB), known=before)
    assert seen == ("deployment.count:1|c|#stage:stg,result:done,repo:api",)
    ended_before = state(settled=there, deployments={"api": {"": SUCCEEDED}})
    assert lines(deployed(SUCCEEDED), known=ended_before) == ()


def test_what_was_not_started_before_is_timed() -> None:
    """An earlier attempt that failed to start it makes no difference."""
    in_vain = state(deployments={"api": {"": Deployment(attempt=2)}})
    assert len(lines(deployed(replace(SUCCEEDED, attempt=2)), known=in_vain)) == 2


def test_what_a_push_starts_has_no_duration() -> None:
    """Only deployments that multigit requested itself have one."""
    for runner, count in (
        (GithubRunner("deploy.yml", Trigger.PUSH), 1),
        (GithubRunner("deploy.yml"), 2),
        (CommandRunner(("deploy",)), 2),
    ):
        assert len(lines(pushed(deployed(SUCCEEDED), runner))) == count


def test_a_tag_cannot_end_its_line() -> None:
    """Characters with a meaning in the format are replaced."""
    strange = Deployment("a|b,c:d\n#e", RunState.CANCELLED)
    assert lines(deployed(strange))[0].endswith("result:cancelled,repo:api,target:a_b_c_d_e")
