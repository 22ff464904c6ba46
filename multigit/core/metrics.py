"""What a monitoring system is told of deployments, in the words of StatsD and DogStatsD."""

from __future__ import annotations

import re
from collections.abc import Iterator

from multigit.core.deployment import Deployment, RunState
from multigit.core.outcome import Outcome, Report
from multigit.core.plan import State

DONE = "done"
_STRANGE = re.compile(r"[^A-Za-z0-9_./-]+")
_ENDED = {
    State.PUBLISHED: DONE,
    State.FAILED: "failed",
    State.NOT_PUBLISHED: "failed",
    State.UNKNOWN: "unknown",
}


def metrics(report: Report, *, tags: bool = True) -> tuple[str, ...]:
    """Return the lines about what ended: `deployment.count` and `deployment.duration`.

    One of each for a deployment; only a count for a repository whose push is all that there is.
    The duration is in milliseconds. `tags` are DogStatsD's: stage, result, repo, target; plain
    StatsD knows none.
    """
    lines = (line for outcome in report.outcomes for line in _lines(report, outcome, tags=tags))
    return tuple(lines)


def _lines(report: Report, outcome: Outcome, *, tags: bool) -> Iterator[str]:
    published = _ENDED.get(outcome.state)
    if not outcome.deployments and published:
        yield _line("deployment.count:1|c", _tags(report, outcome, published), tags=tags)
    for one in outcome.deployments:
        if one.state.over:
            told = _tags(report, outcome, _result(one), one.target)
            yield _line("deployment.count:1|c", told, tags=tags)
            yield _line(f"deployment.duration:{one.seconds * 1000:.0f}|ms", told, tags=tags)


def _result(one: Deployment) -> str:
    return DONE if one.state is RunState.SUCCEEDED else str(one.state)


def _tags(report: Report, outcome: Outcome, result: str, target: str = "") -> dict[str, str]:
    told = {"stage": report.plan.target, "result": result, "repo": outcome.repo, "target": target}
    return {name: value for name, value in told.items() if value}


def _line(metric: str, told: dict[str, str], *, tags: bool) -> str:
    """Return the line of a metric; what would end a tag becomes an underscore."""
    if not tags:
        return metric
    clean = (f"{name}:{_STRANGE.sub('_', value)}" for name, value in told.items())
    return f"{metric}|#{','.join(clean)}"
