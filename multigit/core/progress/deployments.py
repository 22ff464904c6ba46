"""What an operation's deployments came to so far, and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from multigit.core.planning.deploy import order_of
from multigit.core.planning.plan import DeployStep, Plan, RepoPlan, State
from multigit.core.progress.journal import Story
from multigit.core.values.deployment import (
    Deployment,
    Order,
    Run,
    RunState,
)


def orders_unseen(story: Story, repo: str) -> tuple[tuple[Order, Run | None], ...]:
    """Return what an operation asked for in a repository and may run by now, with its run."""
    plan = next((each for each in story.plan.repos if each.repo == repo), None)
    if plan is None:
        return ()
    known = {each.target: each for each in plan.deployed} | dict(story.deployments.get(repo, {}))
    made = story.made.get(repo, plan.made)
    return tuple(
        (order_of(story.plan, repo, step, made, attempt=one.attempt, since=one.since), one.run)
        for step in plan.deploys()
        if (one := known.get(step.target)) and (one.state.may_run or _may_run_again(step, one))
    )


def _may_run_again(step: DeployStep, known: Deployment) -> bool:
    """Tell whether somebody may have let a run go once more, as the page of a host offers."""
    ended_badly = known.state.settled and known.state is not RunState.SUCCEEDED
    return ended_badly and bool(known.run and step.runner.host)


def outstanding(repo: RepoPlan, known: Mapping[str, Deployment]) -> bool:
    """Tell whether a published repository still has something to deploy or to watch."""
    succeeded = {target for target, each in known.items() if each.state is RunState.SUCCEEDED}
    return any(step.target not in succeeded for step in repo.deploys())


def still_to_come(repo: RepoPlan) -> tuple[tuple[DeployStep, ...], tuple[DeployStep, ...]]:
    """Return the deployments of a plan that will be started, and those that are only watched."""
    known = {each.target: each.state for each in repo.deployed}
    left = [step for step in repo.deploys() if known.get(step.target) is not RunState.SUCCEEDED]
    again = [state for state in RunState if state.may_run or state is RunState.UNHEALTHY]
    watched = [step for step in left if known.get(step.target) in again]
    return tuple(step for step in left if step not in watched), tuple(watched)


def known_deployments(repo: RepoPlan, known: Mapping[str, Deployment]) -> tuple[Deployment, ...]:
    """Return what is known of a repository's deployments, in the order of its plan."""
    return tuple(known.get(step.target, Deployment(step.target)) for step in repo.deploys())


def to_watch(story: Story) -> Plan:
    """Return the plan of nothing but looking at the deployments that an operation started."""

    def left(repo: RepoPlan) -> RepoPlan:
        known = {each.target: each for each in repo.deployed}
        known |= story.deployments.get(repo.repo, {})
        begun = {t: each for t, each in known.items() if each.state is not RunState.NOT_STARTED}
        steps = tuple(
            step for step in repo.steps if not isinstance(step, DeployStep) or step.target in begun
        )
        watched = replace(
            repo,
            steps=steps,
            made=story.made.get(repo.repo, repo.made),
            published=True,
            deployed=tuple(begun.values()),
        )
        return replace(watched, state=State.PLANNED if begun else State.UP_TO_DATE)

    return replace(story.plan, wait=True, repos=tuple(left(repo) for repo in story.plan.repos))


def begun_orders(story: Story) -> tuple[tuple[Order, Run], ...]:
    """Return every deployment of an operation that has a run, as it was asked for."""
    plan = to_watch(story)
    return tuple(
        (
            order_of(plan, repo.repo, step, repo.made, attempt=known.attempt, since=known.since),
            known.run,
        )
        for repo in plan.planned()
        for step in repo.deploys()
        for known in repo.deployed
        if known.target == step.target and known.run
    )
