"""Deploy: all repositories of a wave, each to one target after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from multigit.core.planning.plan import RepoPlan
from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.values.deployment import Deployment, for_all_targets
from multigit.core.values.refs import Objects
from multigit.engine.attempt import Attempt
from multigit.engine.deploy_context import DeployContext
from multigit.engine.run_all import run_all
from multigit.engine.target import Target


@dataclass(frozen=True, slots=True)
class Deployer:
    """Deploys the repositories of one plan, from wherever earlier attempts left them (`state`)."""

    context: DeployContext
    state: OperationState = NOTHING_YET

    def wave(self, published: Mapping[str, tuple[RepoPlan, Objects]]) -> Deployments:
        """Deploy these repositories, each with the objects made for it; return the results."""
        names = tuple(name for name, (repo, _) in published.items() if repo.deploys())
        if not names:
            return Deployments({})
        context = self.context

        def work(name: str) -> tuple[Deployment, ...]:
            repo, made = published[name]
            return self._repository(repo, made)

        context.listener.phase("Deploying", names)
        jobs = context.plan.pace.concurrency or len(names)
        done = run_all(names, work, jobs=jobs, on_interrupt=lambda _: context.stop())
        return Deployments(done.all(), done.interrupted)

    def _repository(self, repo: RepoPlan, made: Objects) -> tuple[Deployment, ...]:
        """Deploy to one target after the other, up to the first that has something left to do."""
        deployments: list[Deployment] = []
        good, known = True, self.state.of(repo.repo).deployments
        specs = DeploymentSpecs(self.context.plan, repo.repo, made, known)
        for step in repo.deploys():
            deployment = known.get(step.target)
            if good:
                deployment = Attempt(Target(self.context, step, specs)).follow(deployment)
            deployments.append(deployment or Deployment(step.target))
            good = good and deployments[-1].state.good
        state = for_all_targets(each.state for each in deployments)
        last = next(each for each in deployments if each.state == state)
        self.context.listener.finished(repo.repo, last.state, last.url)
        return tuple(deployments)


@dataclass(frozen=True, slots=True)
class Deployments:
    """The results of the deployments of one wave, by repository."""

    by_repo: Mapping[str, tuple[Deployment, ...]]
    interrupted: bool = False

    @property
    def good(self) -> bool:
        """True when all of them succeeded or were skipped."""
        every = (each for group in self.by_repo.values() for each in group)
        return not self.interrupted and all(each.state.good for each in every)
