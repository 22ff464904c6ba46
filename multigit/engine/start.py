"""The start of a deployment: requested at most once, and found again if its answer was lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    Idle,
    Run,
    RunState,
    RunStatus,
)
from multigit.core.values.duration import in_words
from multigit.engine.deploy_context import DeployContext
from multigit.errors import MultigitError, NotStartedError, TooEarlyError, UnknownStartError

LATE = 60.0  # seconds that a run may take to appear after its start
NO_RUN = "it was requested, but no run appeared."
BRIEF = 10.0  # seconds to search for it after that: the host may not answer at once


@dataclass(frozen=True, slots=True)
class Start:
    """Starts one deployment, but never beside one that is running."""

    context: DeployContext
    step: DeployStep
    specs: DeploymentSpecs

    @property
    def repo(self) -> str:
        """Return the repository's name."""
        return self.specs.repo

    def _start_new(self, known: Deployment | None) -> Deployment:
        """Start a deployment, after one that has failed, never started, or was given up."""
        context, step = self.context, self.step
        before = known or Deployment(step.target, attempt=step.attempt)
        if not context.starts:
            return before
        if not step.runner.by_push:
            context.throttle.await_turn()
        if context.stopping:
            return before
        since = pushed_at(context.plan) if step.runner.by_push else context.clock.now()
        attempt = before.attempt + (before.state is not RunState.NOT_STARTED)
        starting = Deployment(step.target, RunState.STARTING, attempt=attempt, since=since)
        context.show(self.repo, starting)
        return self._start(before, starting)

    def _start(self, before: Deployment, starting: Deployment) -> Deployment:
        """Start the deployment; if the host asks to wait, nothing was started, and it waits."""
        context, timeout = self.context, self.step.timeout
        until = context.clock.elapsed() + timeout
        while True:
            if rerun := self._rerun(before):
                return rerun
            try:
                return self._request(before, starting)
            except TooEarlyError as error:
                early, detail = error, error.message
            left = until - context.clock.elapsed()
            if early.seconds > left:
                detail += f" Its timeout of {in_words(timeout)} ends before that."
            status = RunStatus(RunState.NOT_STARTED, detail=detail)
            refused = replace(starting, state=status.state, status=status)
            context.note(self.repo, refused)
            if early.seconds <= left and not context.stopping:
                context.throttle.hold(early, left)
            if early.seconds > left or context.stopping:
                return refused
            starting = replace(starting, since=context.clock.now())

    def _rerun(self, before: Deployment) -> Deployment | None:
        """Return what to do instead of starting if an earlier run is running again, or None.

        Anyone can rerun a failed one from its page, until the moment of the new start. That of this
        operation is followed; beside that of another one nothing starts.
        """
        context, step = self.context, self.step
        if step.runner.by_push:
            return None
        if operation := context.running_before(self.repo, step.timeout):
            detail = f"a deployment of {operation} to {step.stage} is running again."
            return replace(before, status=replace(before.status, detail=detail))
        with suppress(MultigitError):  # it was looked at before
            status = before.run and self._poll(self._spec(before), before.run, step.timeout)
            if status and status.state.may_run and not status.state.over:
                return to_poll(before.seen(status, self._seconds(before)))
        return None

    def _request(self, before: Deployment, starting: Deployment) -> Deployment:
        """Note that the deployment starts, and request it; without the note it must not start."""
        context, spec = self.context, self._spec(starting)
        try:
            context.note(self.repo, starting)
        except MultigitError as error:
            return replace(before, status=replace(before.status, detail=error.message))
        if self.step.runner.by_push:
            return self._find_run(starting)
        try:
            run = context.with_slot(lambda: context.runners.start(spec))
        except UnknownStartError as doubt:
            return self._find_run(starting, doubt=doubt)
        except NotStartedError as error:
            status = RunStatus(RunState.NOT_STARTED, detail=error.message)
            return context.note(self.repo, replace(starting, state=status.state, status=status))
        except TooEarlyError:
            raise
        except MultigitError as error:
            failed = self._finished(starting, RunState.FAILED, with_hint(error))
            return context.note(self.repo, failed)
        return self._with_run(starting, run)

    def _find_run(
        self, starting: Deployment, *, again: bool = False, doubt: MultigitError | None = None
    ) -> Deployment:
        """Search for the run of a deployment whose start was not confirmed; never start it again.

        A run that was requested long ago, and is searched for `again`, has appeared or never will.
        If the push starts none by design, the search is brief, and the deployment is skipped.
        """
        context, spec = self.context, self._spec(starting)
        idle = self._idle(spec) or Idle("", with_hint(doubt) if doubt else NO_RUN)
        asked = context.clock.now() - starting.since
        seconds = max(LATE - asked, BRIEF) if again and not self.step.runner.by_push else LATE
        seconds = BRIEF if idle.end is RunState.SKIPPED else seconds
        until = context.clock.elapsed() + min(seconds, LATE)
        while True:
            state, reason = idle.end, idle.reason
            try:
                run = context.ask(lambda: context.runners.find(spec), self.step.timeout)
            except NotStartedError as error:
                if context.stopping:
                    return starting
                if context.starts:  # the time in which the new run has to appear begins now
                    return self._start(starting, replace(starting, since=context.clock.now()))
                return self._finished(starting, RunState.FAILED, error.message)
            except MultigitError as error:
                run, state, reason = None, RunState.UNKNOWN, with_hint(error)
            if run:
                return self._with_run(starting, run)
            if context.clock.elapsed() >= until:
                return context.note(self.repo, self._finished(starting, state, reason))
            if context.stopping:
                return starting
            context.throttle.pause(self.step.runner)

    def _idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push of a deployment starts no run, or perhaps none, if that is known."""
        with suppress(MultigitError):
            return self.context.ask(lambda: self.context.runners.idle(spec), self.step.timeout)
        return None

    def _with_run(self, starting: Deployment, run: Run) -> Deployment:
        queued = self.context.note(self.repo, to_poll(replace(starting, run=run)))
        self.context.show(self.repo, queued)
        return queued

    def _poll(self, spec: DeploymentSpec, run: Run, seconds: float) -> RunStatus:
        """Poll the run; a host that asks to wait is waited for, for at most so many seconds."""
        return self.context.ask(lambda: self.context.runners.poll(spec, run), seconds)

    def _finished(self, deployment: Deployment, state: RunState, detail: str) -> Deployment:
        status = replace(deployment.status, state=state, detail=detail)
        over = deployment.seen(status, self._seconds(deployment))
        self.context.show(self.repo, over)
        return over

    def _seconds(self, deployment: Deployment) -> float:
        return max(0.0, self.context.clock.now() - deployment.since)  # a clock may be set back

    def _spec(self, deployment: Deployment) -> DeploymentSpec:
        return self.specs.of_known(self.step, deployment)


def to_poll(known: Deployment) -> Deployment:
    """Return a deployment whose run is polled next, without what was said about it before."""
    status = RunStatus(RunState.QUEUED, url=known.status.url)
    return replace(known, state=status.state, status=status)


def with_hint(error: MultigitError) -> str:
    """Return the message of an error with its hint."""
    return f"{error.message} {error.hint}".rstrip()


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the date of its commits."""
    return float(plan.date.partition(" ")[0])
