"""One deployment of one repository to one target: what all its attempts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    Run,
    RunState,
    RunStatus,
)
from multigit.engine.deploy_context import DeployContext
from multigit.errors import MultigitError, RunGoneError
from multigit.phrase import Phrase

LATE = 60.0  # seconds that a run may take to appear, and that a host may be silent
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """The step of a plan that is carried out, with what it needs from outside."""

    context: DeployContext
    step: DeployStep
    specs: DeploymentSpecs

    @property
    def repo(self) -> str:
        """Return the repository's name."""
        return self.specs.repo

    def spec(self, deployment: Deployment) -> DeploymentSpec:
        """Return the spec with which a deployment was requested."""
        return self.specs.of_known(self.step, deployment)

    def accepted(self, deployment: Deployment) -> bool:
        """Return whether a person accepts now that it is unknown how this deployment ended."""
        return self.spec(deployment).key in self.context.plan.accepted_now

    def ask(self, question: Callable[[], T], seconds: float | None = None) -> T:
        """Ask its host, which may ask to wait: at most so many seconds, else the step's timeout."""
        return self.context.ask(question, self.step.timeout if seconds is None else seconds)

    def poll(self, spec: DeploymentSpec, run: Run, seconds: float | None = None) -> RunStatus:
        """Poll a run; see `ask`."""
        return self.ask(lambda: self.context.runners.poll(spec, run), seconds)

    def look(self, spec: DeploymentSpec, run: Run) -> RunStatus | None:
        """Return the status of a run when it has nothing more to show; None if someone stops.

        A poll that fails says nothing, and is repeated for a minute, but only once if nothing is
        started anyway. A run that is gone by then is unknown; if the host does not say, this raises
        MultigitError.
        """
        context = self.context
        until = context.clock.elapsed() + LATE
        while not context.stopping:
            try:
                status = self.poll(spec, run)
            except MultigitError as error:
                more, patient = False, context.starts and context.clock.elapsed() < until
                if isinstance(error, RunGoneError) and not patient:
                    return RunStatus(RunState.UNKNOWN, detail=error.message)
                if not patient:
                    raise
            else:
                more = status.more
                if not more:
                    return None if context.stopping else status
            context.throttle.pause(self.step.runner, soon=more)
        return None

    def to_poll(self, known: Deployment) -> Deployment:
        """Return a deployment whose run is polled next, without what was said about it before.

        One that was not seen yet may wait its turn at a host; a command on this machine does not.
        """
        state = RunState.QUEUED if self.step.runner.queues else RunState.RUNNING
        state = known.state if known.state in {RunState.RUNNING, RunState.WAITING} else state
        return replace(known, state=state, status=RunStatus(state, url=known.status.url))

    def note(self, deployment: Deployment) -> Deployment:
        """Note the state of a deployment in the journal; see `DeployContext.note`."""
        return self.context.note(self.repo, deployment)

    def show(self, deployment: Deployment) -> Deployment:
        """Show the state of a deployment."""
        self.context.show(self.repo, deployment)
        return deployment

    def now(self, deployment: Deployment, status: RunStatus) -> Deployment:
        """Return a deployment after its run was polled."""
        took = max(0.0, self.context.clock.now() - deployment.since)  # a clock may be set back
        return deployment.seen(status, took)

    def over(self, deployment: Deployment, state: RunState, detail: str) -> Deployment:
        """Show and return how a deployment ended, as far as anyone here sees."""
        status = replace(deployment.status, state=state, detail=detail)
        return self.show(self.now(deployment, status))


def with_hint(error: MultigitError) -> str:
    """Return the message of an error with its hint, whose commands stay known."""
    return Phrase(error.message, " " if error.hint else "", error.hint)
