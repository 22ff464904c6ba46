"""What an operation's deployments came to so far, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Operation
from multigit.core.progress.state import OperationState, Progress
from multigit.core.values.deployment import Deployment, DeploymentSpec, Run, RunState
from multigit.core.values.refs import Objects, branch_ref


@dataclass(frozen=True, slots=True)
class DeploymentSpecs:
    """The deployments of one repository, as they are asked for.

    `made` are the objects of which they deploy one; `known` is what earlier attempts knew of them,
    by target.
    """

    operation: str
    release: str
    repo: str
    made: Objects
    known: Mapping[str, Deployment]

    @classmethod
    def of(
        cls, plan: Plan, repo: str, made: Objects, known: Mapping[str, Deployment]
    ) -> DeploymentSpecs:
        """Return those of a repository of a plan."""
        return cls(plan.operation, plan.release, repo, made, known)

    def spec(self, step: DeployStep, *, attempt: int, since: float) -> DeploymentSpec:
        """Return one deployment, as it is asked for at that attempt."""
        place = f"{self.repo}/{step.target}" if step.target else self.repo
        elsewhere = (each for target, each in self.known.items() if target != step.target)
        return DeploymentSpec(
            key=f"{self.operation}/{place}/{attempt}",
            repo=self.repo,
            stage=step.stage,
            environment=step.environment,
            branch=step.branch,
            sha=step.sha or self.made.get(branch_ref(step.branch), ""),
            tag=step.tag,
            release=self.release or step.tag,
            target=step.target,
            since=since,
            runner=step.runner,
            others=frozenset(each.run.id for each in elsewhere if each.run),
        )

    def of_known(self, step: DeployStep, known: Deployment) -> DeploymentSpec:
        """Return a deployment as it was asked for."""
        return self.spec(step, attempt=known.attempt, since=known.since)


def planned_specs(plan: Plan, state: OperationState) -> tuple[DeploymentSpec, ...]:
    """Return every deployment that a plan would start, with the commits that it shows."""

    def specs(repo: RepoPlan) -> Iterator[DeploymentSpec]:
        known = state.of(repo.repo).deployments
        made = {branch_ref(repo.branch): repo.after, **state.of(repo.repo).made}
        of_repo = DeploymentSpecs.of(plan, repo.repo, made, known)
        for step in repo.deploys():
            if known.get(step.target, Deployment()).state is RunState.NOT_STARTED:
                yield of_repo.spec(step, attempt=1, since=0.0)

    return tuple(spec for repo in plan.planned() for spec in specs(repo))


def unseen_specs(operation: Operation, repo: str) -> tuple[tuple[DeploymentSpec, Run | None], ...]:
    """Return what an operation asked for in a repository and may run by now, with its run."""
    plan = next((each for each in operation.plan.repos if each.repo == repo), None)
    if plan is None:
        return ()
    progress = operation.state.of(repo)
    specs = DeploymentSpecs.of(operation.plan, repo, progress.made, progress.deployments)
    return tuple(
        (specs.of_known(step, known), known.run)
        for step in plan.deploys()
        if (known := progress.deployments.get(step.target))
        and (known.state.may_run or _may_run_again(step, known))
    )


def _may_run_again(step: DeployStep, known: Deployment) -> bool:
    """Tell whether somebody may have let a run go once more, as the page of a host offers."""
    ended_badly = known.state.has_result and known.state is not RunState.SUCCEEDED
    return ended_badly and bool(known.run and step.runner.host)


def still_to_come(
    repo: RepoPlan, progress: Progress
) -> tuple[tuple[DeployStep, ...], tuple[DeployStep, ...]]:
    """Return the deployments of a plan that will be started, and those that are only watched."""
    known = {target: each.state for target, each in progress.deployments.items()}
    left = [step for step in repo.deploys() if known.get(step.target) is not RunState.SUCCEEDED]
    again = [state for state in RunState if state.may_run or state is RunState.UNHEALTHY]
    watched = [step for step in left if known.get(step.target) in again]
    return tuple(step for step in left if step not in watched), tuple(watched)


def outstanding(repo: RepoPlan, progress: Progress) -> bool:
    """Tell whether a published repository still has something to deploy or to watch."""
    return any(still_to_come(repo, progress))


def known_deployments(repo: RepoPlan, known: Mapping[str, Deployment]) -> tuple[Deployment, ...]:
    """Return what is known of a repository's deployments, in the order of its plan."""
    return tuple(known.get(step.target, Deployment(step.target)) for step in repo.deploys())


def to_watch(operation: Operation) -> Operation:
    """Return the operation with nothing left to do but to poll what it started to deploy."""

    def left(repo: RepoPlan) -> RepoPlan:
        known = operation.state.of(repo.repo).deployments
        begun = {target for target, each in known.items() if each.begun}
        steps = tuple(
            step for step in repo.steps if not isinstance(step, DeployStep) or step.target in begun
        )
        return replace(repo, steps=steps, state=State.PLANNED if begun else State.UP_TO_DATE)

    repos = tuple(map(left, operation.plan.repos))
    return replace(operation, plan=replace(operation.plan, wait=True, repos=repos))


def started_specs(operation: Operation) -> tuple[tuple[DeploymentSpec, Run], ...]:
    """Return every deployment of an operation that has a run, as it was asked for."""

    def specs(repo: RepoPlan) -> Iterator[tuple[DeploymentSpec, Run]]:
        progress = operation.state.of(repo.repo)
        of_repo = DeploymentSpecs.of(operation.plan, repo.repo, progress.made, progress.deployments)
        for step in repo.deploys():
            known = progress.deployments.get(step.target)
            if known and known.run:
                yield of_repo.of_known(step, known), known.run

    return tuple(each for repo in operation.plan.repos for each in specs(repo))
