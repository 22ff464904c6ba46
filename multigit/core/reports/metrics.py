"""Metrics of deployments for a monitoring system, in the formats of StatsD and DogStatsD."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.state import OperationState, Progress
from multigit.core.values.count import Count
from multigit.core.values.deployment import Deployment, RunState

DONE = "done"
_STRANGE = re.compile(r"[^A-Za-z0-9_./-]+")
_ENDED = {State.PUBLISHED: DONE, State.FAILED: "failed", State.UNKNOWN: "unknown"}


def metrics(
    report: Report, new: Collection[Count], known: OperationState, *, tags: bool = True
) -> tuple[str, ...]:
    """Return the lines about the ends that are `new`: counts and durations.

    `deployment.count` is for each deployment, and for a repository that is only pushed.
    `deployment.duration` (milliseconds) is only for a deployment that this run requested and saw
    end: for one that was known before, or that a push started, the duration is unknown. The `tags`
    stage, result, repo and target are for DogStatsD; plain StatsD has none.
    """
    return tuple(
        _line(metric, {"stage": report.plan.target, **labels}, tags=tags)
        for outcome in report.outcomes
        for metric, labels in _ends(outcome, new, known.of(outcome.repo))
    )


def _ends(
    outcome: Outcome, new: Collection[Count], known: Progress
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each metric with its tags."""
    if Count(outcome.repo, result=str(outcome.state)) in new and not outcome.deployments:
        yield "deployment.count:1|c", {"result": _ENDED[outcome.state], "repo": outcome.repo}
    for one in outcome.deployments:
        result = DONE if one.state is RunState.SUCCEEDED else str(one.state)
        labels = {"result": result, "repo": outcome.repo, "target": one.target}
        earlier = known.deployments.get(one.target, Deployment())
        again = earlier.state is not RunState.NOT_STARTED and earlier.attempt == one.attempt
        if Count.of(outcome.repo, one) in new:
            yield "deployment.count:1|c", labels
            if not again and _requested(outcome, one):
                yield f"deployment.duration:{one.seconds * 1000:.0f}|ms", labels


def _requested(outcome: Outcome, one: Deployment) -> bool:
    """Return whether multigit requested a deployment, and so knows when it started."""
    runners = (step.runner for step in outcome.plan.deploys() if step.target == one.target)
    return not any(runner.by_push for runner in runners)


def _line(metric: str, labels: dict[str, str], *, tags: bool) -> str:
    """Return the line of a metric; characters that would end a tag become an underscore."""
    if not tags:
        return metric
    clean = (f"{name}:{_STRANGE.sub('_', value)}" for name, value in labels.items() if value)
    return f"{metric}|#{','.join(clean)}"
