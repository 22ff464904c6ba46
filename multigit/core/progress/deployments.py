"""The deployments of an operation: their specs, their results so far, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Operation
from multigit.core.progress.state import OperationState, Progress
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    RunState,
    deployment_key,
)
from multigit.core.values.refs import Objects, branch_ref


@dataclass(frozen=True, slots=True)
class DeploymentSpecs:
    """The specs of the deployments of one repository of a plan.

    `made` maps each ref to its new object, one of which is deployed. `known` holds, by target, what
    earlier attempts recorded.
    """

    plan: Plan
    repo: str
    made: Objects
    known: Mapping[str, Deployment]

    def spec(self, step: DeployStep, *, attempt: int, since: float) -> DeploymentSpec:
        """Return the spec of one deployment for this attempt; `since` is in Unix seconds."""
        elsewhere = (each for target, each in self.known.items() if target != step.target)
        others = (one for each in elsewhere for one in each.tried())
        return DeploymentSpec(
            key=deployment_key(self.plan.operation, self.repo, step.target, attempt),
            repo=self.repo,
            stage=step.stage,
            environment=step.environment,
            branch=step.branch,
            sha=step.sha or self.made.get(branch_ref(step.branch), ""),
            tag=step.tag,
            release=self._release(step),
            target=step.target,
            since=since,
            runner=step.runner,
            others=frozenset(each.run.id for each in others if each.run),
            pushed=not step.sha,
            rolls_back=self.plan.rolls_back is not None,
        )

    def _release(self, step: DeployStep) -> str:
        """Return the release that is deployed; what is not pushed has its own tag already."""
        if not step.sha:
            return self.plan.release or step.tag
        back = self.plan.rolls_back
        return step.tag or (back.to if back else self.plan.release)

    def of_known(self, step: DeployStep, known: Deployment) -> DeploymentSpec:
        """Return the spec with which a deployment was requested."""
        return self.spec(step, attempt=known.attempt, since=known.since)


def planned_specs(plan: Plan, state: OperationState) -> tuple[DeploymentSpec, ...]:
    """Return the specs of all deployments that a plan would start, with the planned commits."""

    def specs(repo: RepoPlan) -> Iterator[DeploymentSpec]:
        known = state.of(repo.repo).deployments
        made = {branch_ref(repo.branch): repo.after, **state.of(repo.repo).made}
        of_repo = DeploymentSpecs(plan, repo.repo, made, known)
        for step in repo.deploys():
            if known.get(step.target, Deployment()).state is RunState.NOT_STARTED:
                yield of_repo.spec(step, attempt=1, since=0.0)

    return tuple(spec for repo in plan.planned() for spec in specs(repo))


def recorded_specs(operation: Operation) -> Iterator[tuple[DeploymentSpec, Deployment]]:
    """Yield each deployment that an operation has recorded: its spec, and its last state."""
    for repo in operation.plan.repos:
        progress = operation.state.of(repo.repo)
        specs = DeploymentSpecs(operation.plan, repo.repo, progress.made, progress.deployments)
        for step in repo.deploys():
            if known := progress.deployments.get(step.target):
                yield specs.of_known(step, known), known


def still_to_come(
    repo: RepoPlan, progress: Progress
) -> tuple[tuple[DeployStep, ...], tuple[DeployStep, ...]]:
    """Return a plan's deployments that will be started, and those that will only be watched."""
    known = {target: each.state for target, each in progress.deployments.items()}
    done = {target for target, state in known.items() if state.good}
    left = [step for step in repo.deploys() if step.target not in done]
    again = [state for state in RunState if state.may_run or state is RunState.UNHEALTHY]
    watched = [step for step in left if known.get(step.target) in again]
    return tuple(step for step in left if step not in watched), tuple(watched)


def starts_again(plan: Plan, state: OperationState) -> bool:
    """Return whether what a plan will start was started before, in vain."""
    return any(
        step.target in known and known[step.target].begun
        for repo in plan.planned()
        for known in [state.of(repo.repo).deployments]
        for step in still_to_come(repo, state.of(repo.repo))[0]
    )


def known_deployments(repo: RepoPlan, known: Mapping[str, Deployment]) -> tuple[Deployment, ...]:
    """Return a repository's deployments as far as they are known, in the order of its plan."""
    return tuple(known.get(step.target, Deployment(step.target)) for step in repo.deploys())


def to_watch(operation: Operation) -> Operation:
    """Return the operation with nothing left to do except watch the deployments it started."""

    def left(repo: RepoPlan) -> RepoPlan:
        known = operation.state.of(repo.repo).deployments
        started = {target for target, each in known.items() if each.begun}
        dropped = [step for step in repo.deploys() if step.target not in started]
        steps = tuple(step for step in repo.steps if step not in dropped)
        return replace(repo, steps=steps, state=State.PLANNED if started else State.UP_TO_DATE)

    repos = tuple(map(left, operation.plan.repos))
    return replace(operation, plan=replace(operation.plan, wait=True, repos=repos))
