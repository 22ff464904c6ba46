"""What a monitoring system is told of deployments, in the words of StatsD and DogStatsD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.journal import Story, deployed_before
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.values.deployment import Deployment, RunState

DONE = "done"
_STRANGE = re.compile(r"[^A-Za-z0-9_./-]+")
_ENDED = {
    State.PUBLISHED: DONE,
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What was known before: the state of each repository, and its deployments by target."""

    states: Mapping[str, State]
    deployments: Mapping[str, Mapping[str, Deployment]]


def known_to_plan(plan: Plan) -> Known:
    """Return what was known when a plan began, or went on."""
    return Known({repo.repo: repo.state for repo in plan.repos}, deployed_before(plan))


def known_to_story(story: Story) -> Known:
    """Return what a story knows, up to its last entry."""
    return Known({**known_to_plan(story.plan).states, **story.settled}, story.deployments)


def metrics(report: Report, known: Known, *, tags: bool = True) -> tuple[str, ...]:
    """Return the lines about what ended and was not `known` to have: counts and durations.

    `deployment.count` for each deployment, and for a repository whose push is all that there is.
    `deployment.duration` (milliseconds) only of a deployment that was asked for and seen to end in
    one go: of one that was known before, or that a push started, nobody knows how long it took.
    `tags` are DogStatsD's: stage, result, repo, target; plain StatsD knows none.
    """
    lines = (
        _line(metric, told, tags=tags)
        for outcome in report.outcomes
        for metric, told in _ends(report, outcome, known)
    )
    return tuple(lines)


def _ends(report: Report, outcome: Outcome, known: Known) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each metric with its tags."""
    pushed = _ENDED.get(outcome.state)
    news = known.states.get(outcome.repo) is not outcome.state
    if not outcome.deployments and pushed and news:
        yield "deployment.count:1|c", _tags(report, outcome, pushed)
    before = known.deployments.get(outcome.repo, {})
    for one in outcome.deployments:
        told = _tags(report, outcome, _result(one), one.target)
        earlier = before.get(one.target)
        again = earlier and earlier.attempt == one.attempt
        if one.state.over and not (again and earlier and earlier.state is one.state):
            yield "deployment.count:1|c", told
            if not again and _asked_for(outcome, one):
                yield f"deployment.duration:{one.seconds * 1000:.0f}|ms", told


def _asked_for(outcome: Outcome, one: Deployment) -> bool:
    """Tell whether we asked for a deployment, and so know when it began."""
    runners = (step.runner for step in outcome.plan.deploys() if step.target == one.target)
    return not any(runner.by_push for runner in runners)


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
