"""The lines about deployments that a monitoring system gets."""

from __future__ import annotations

from multigit.core.deployment import Deployment, RunState
from multigit.core.metrics import metrics
from multigit.core.outcome import Outcome, ended
from multigit.core.plan import State
from tests.core.builders import API, ROOT, WEB, plan, published, to_publish, without_steps

SUCCEEDED = Deployment(state=RunState.SUCCEEDED, seconds=12.3456)
FAILED = Deployment("fra", RunState.FAILED, seconds=2)
NOT_STARTED = Deployment("syd")


def deployed(*deployments: Deployment) -> Outcome:
    """Return api, published and deployed."""
    return Outcome(to_publish(API), State.PUBLISHED, deployments=deployments)


def lines(*outcomes: Outcome, tags: bool = True) -> tuple[str, ...]:
    """Return the metrics of these outcomes."""
    report = ended(plan(*(outcome.plan for outcome in outcomes)), outcomes)
    return metrics(report, tags=tags)


def test_a_deployment_is_counted_with_its_duration() -> None:
    """Seconds become milliseconds."""
    assert lines(deployed(SUCCEEDED)) == (
        "deployment.count:1|c|#stage:stg,result:done,repo:api",
        "deployment.duration:12346|ms|#stage:stg,result:done,repo:api",
    )


def test_plain_statsd_knows_no_tags() -> None:
    """The same lines without them."""
    assert lines(deployed(SUCCEEDED), tags=False) == (
        "deployment.count:1|c",
        "deployment.duration:12346|ms",
    )


def test_each_target_counts_once_it_ended() -> None:
    """What was not started is not counted."""
    assert lines(deployed(FAILED, NOT_STARTED)) == (
        "deployment.count:1|c|#stage:stg,result:failed,repo:api,target:fra",
        "deployment.duration:2000|ms|#stage:stg,result:failed,repo:api,target:fra",
    )


def test_without_a_runner_the_push_is_the_deployment() -> None:
    """It is counted, and nobody knows how long it takes."""
    idle = without_steps(ROOT, State.UP_TO_DATE)
    failed = Outcome(to_publish(WEB), State.NOT_PUBLISHED)
    assert lines(published(API), failed, Outcome(idle, State.UP_TO_DATE)) == (
        "deployment.count:1|c|#stage:stg,result:done,repo:api",
        "deployment.count:1|c|#stage:stg,result:failed,repo:web",
    )


def test_a_tag_cannot_end_its_line() -> None:
    """What has a meaning in the format is replaced."""
    strange = Deployment("a|b,c:d\n#e", RunState.CANCELLED)
    assert lines(deployed(strange))[0].endswith("result:cancelled,repo:api,target:a_b_c_d_e")
