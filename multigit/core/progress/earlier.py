"""The last deployment of a repository to a stage: how it was requested, and what a look found.

Nothing new is started while one of its runs may still be running. A look finds out whether it has
ended, is running, or cannot be known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.progress.journal import Operation
from multigit.core.values.agreement import Accepted
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    Run,
    RunState,
    for_all_targets,
)
from multigit.core.values.problem import Problem
from multigit.hints import Hint
from multigit.phrase import marked

DOUBT = "deployment_in_doubt"
STILL = "still_deploying"
_STILL = {RunState.QUEUED: "queued", RunState.WAITING: "waiting for approval"}
APPEARS = 60.0  # seconds in which a requested run appears at its host
ACCEPT = marked("Check that it is no longer running, then pass `--accept-doubt`.")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier deployment to one target, and its last state that someone noted.

    One that was `superseded` by a later one counts only while it is running: if its result was
    unknown then, a person accepted that.
    """

    spec: DeploymentSpec
    run: Run | None
    state: RunState
    superseded: bool = False

    @property
    def may_be_rerun(self) -> bool:
        """True if it failed at a host, where anyone can rerun it from its page."""
        failed = self.state.has_result and not self.state.good
        return failed and bool(self.run and self.spec.runner.reruns)

    @property
    def may_run(self) -> bool:
        """True if it may be running now, so that its host has to be asked."""
        return self.state.may_run or self.may_be_rerun


@dataclass(frozen=True, slots=True)
class LastOperation:
    """The operation that last deployed a repository to a stage, with its deployments.

    `lost` is why these cannot be looked up, or empty; `ended` are the states of those that need no
    look. `here` says whether its journal is in this workspace. `before` are the operations that
    deployed last where this one started nothing.
    """

    operation: str
    deployments: tuple[Earlier, ...] = ()
    lost: str = ""
    here: bool = True
    ended: tuple[RunState, ...] = ()
    before: tuple[LastOperation, ...] = ()

    @classmethod
    def of(cls, operation: Operation, repo: str) -> LastOperation:
        """Return what the journal of an operation knows."""
        progress, plan = operation.state.of(repo), operation.plan
        specs = DeploymentSpecs(plan, repo, progress.made, progress.deployments)
        steps = [step for each in plan.repos if each.repo == repo for step in each.deploys()]
        known = [(step, progress.deployments.get(step.target, Deployment())) for step in steps]
        earlier = (
            Earlier(specs.of_known(step, one), one.run, one.state, superseded=one is not each)
            for step, each in known
            for one in (each, *(() if each.state.good else each.others))
        )
        return cls(operation.id, tuple(earlier))

    def superseded(self) -> LastOperation:
        """Return it as one after which others deployed: only what may be running counts."""
        known = (replace(each, superseded=True) for each in self.deployments if each.may_run)
        return LastOperation(self.operation, tuple(known), here=self.here)

    def unsure(self, now: float) -> LastOperation:
        """Return it with only the deployments that multigit had lost sight of before `now`.

        One that was just requested may still appear. One that only a push starts is looked for, but
        there is nothing to request again.
        """
        lost = {RunState.UNKNOWN, RunState.TIMED_OUT}
        early = now - APPEARS

        def unsure(each: Earlier) -> bool:
            late = each.state is RunState.STARTING and each.spec.since < early
            again = not (each.superseded or each.spec.runner.by_push)
            return again and (late or each.state in lost)

        return replace(self, deployments=tuple(filter(unsure, self.deployments)))

    @property
    def may_run(self) -> bool:
        """True if something of these may be running now, or cannot be looked up."""
        mine = bool(self.lost) or any(each.may_run for each in self.deployments)
        return mine or any(each.may_run for each in self.before)

    def each(self) -> tuple[LastOperation, ...]:
        """Return it and those before it."""
        return (self, *self.before)


@dataclass(frozen=True, slots=True)
class SeenDeployment:
    """One deployment after a look; `found` says what was found if its result is unknown.

    `last` is the operation that it belongs to. It is `unread` if it failed or was `superseded` by a
    later one, which counts only while it is running, and its host does not say whether it is.
    """

    last: LastOperation
    key: str
    state: RunState
    found: str = ""
    url: str = ""
    unread: bool = False
    superseded: bool = False

    @property
    def in_doubt(self) -> bool:
        """True if it may be running, and no one can say."""
        return self.unread or (self.state is RunState.UNKNOWN and not self.superseded)

    @property
    def running(self) -> bool:
        """True if it is running now."""
        return self.state.may_run and not self.state.over


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the last deployment of a repository to a stage found."""

    seen: tuple[SeenDeployment, ...]

    @property
    def state(self) -> RunState:
        """Return the state of all targets together: running, unknown, or how it ended."""
        counting = [each.state for each in self.seen if each.running or not each.superseded]
        return RunState(for_all_targets(counting or (each.state for each in self.seen)))

    @property
    def doubts(self) -> tuple[SeenDeployment, ...]:
        """Return the deployments that may be running, unless one is seen running."""
        if self.state.may_run and self.state is not RunState.UNKNOWN:
            return ()
        return tuple(each for each in self.seen if each.in_doubt)

    def problem(self, stage: str) -> Problem | None:
        """Return why nothing may be deployed to the stage now, or None."""
        if self.doubts:
            first = self.doubts[0]
            unknown = f"the result of the last deployment to {stage} is unknown"
            if first.unread:
                unknown = f"an earlier deployment to {stage} may be running"
            return Problem(DOUBT, f"{unknown}: {first.found}", ACCEPT)
        running = [each for each in self.seen if each.running and each.state is self.state]
        if not running:
            return None
        last = running[0].last
        operation = last.operation
        url = next((each.url for each in running if each.url and each.last is last), "")
        hint = f"Wait until it has ended{f': {url}' if url else '.'}"
        if last.here:
            hint = Hint.WATCH_OPERATION.format(operation=operation)
        still = _STILL.get(self.state, "running")
        message = f"a deployment of {operation} to {stage} is still {still}."
        return Problem(STILL, message, hint)

    def accepted(self, repo: str) -> tuple[Accepted, ...]:
        """Return a note for each doubt of this repository that a person accepts."""
        return tuple(Accepted(DOUBT, repo, each.found, each.key) for each in self.doubts)
