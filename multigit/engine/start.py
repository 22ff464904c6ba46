"""The start of a deployment: requested at most once, and found again if its answer was lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.values.deploy_config import Runner
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
from multigit.phrase import Phrase

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
        return self._start(before, before.attempt + (before.state is not RunState.NOT_STARTED))

    def _start(self, before: Deployment, attempt: int) -> Deployment:
        """Start the deployment; if the host asks to wait, nothing was started, and it waits."""
        context, timeout = self.context, self.step.timeout
        until = context.clock.elapsed() + timeout
        while True:
            if rerun := self._rerun(before):
                return rerun
            try:
                return self._request(before, attempt)
            except TooEarlyError as error:
                early, detail = error, error.message
            left = until - context.clock.elapsed()
            waits = early.seconds <= left and not context.stopping
            if early.seconds > left:
                detail += f" Its timeout of {in_words(timeout)} ends before that."
            refused = self._refused(before, attempt, detail)
            if waits:
                context.throttle.hold(early, left)
            if not waits or context.stopping:
                return refused

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
            return saying(before, detail)
        return self._running_again(before, before.run) if before.run else None

    def _request(self, before: Deployment, attempt: int) -> Deployment:
        """Note that the deployment starts, and request it, both when a slot is free.

        It does not start without the note, or once the user is stopping multigit.
        """
        context, doubt = self.context, None
        with context.slots:
            if context.stopping:
                return before
            try:
                starting = self._note_start(attempt)
            except MultigitError as error:
                return saying(before, error.message)
            try:
                if not self.step.runner.by_push:
                    run = context.runners.start(self._spec(starting))
                    return self._with_run(starting, run)
            except UnknownStartError as error:
                doubt = error
            except NotStartedError as error:
                return self._refused(before, attempt, error.message)
            except TooEarlyError:
                raise
            except MultigitError as error:
                return self._failed(before, starting, with_hint(error))
        return self._find_run(starting, before, doubt=doubt)

    def _note_start(self, attempt: int) -> Deployment:
        """Note and show that the deployment starts now; raises MultigitError without a note."""
        context, by_push = self.context, self.step.runner.by_push
        since = pushed_at(context.plan) if by_push else context.clock.now()
        starting = Deployment(self.step.target, RunState.STARTING, attempt=attempt, since=since)
        context.note(self.repo, starting)
        context.show(self.repo, starting)
        return starting

    def _refused(self, before: Deployment, attempt: int, detail: str) -> Deployment:
        """Note that nothing was started: the attempt before, if there was one, is still the last.

        Its run is still known then, so that it is found if someone reruns it.
        """
        if before.state is not RunState.NOT_STARTED:
            return self.context.note(self.repo, saying(before, detail))
        nothing = Deployment(self.step.target, attempt=attempt)
        return self.context.note(self.repo, saying(nothing, detail))

    def _failed(self, before: Deployment, starting: Deployment, detail: str) -> Deployment:
        """Note that the host refused the start; a run of the attempt before is still known."""
        if before.run:
            return self._refused(before, starting.attempt, detail)
        return self.context.note(self.repo, self._finished(starting, RunState.FAILED, detail))

    def _find_run(
        self,
        starting: Deployment,
        before: Deployment | None = None,
        *,
        doubt: MultigitError | None = None,
    ) -> Deployment:
        """Search for the run of a deployment whose start was not confirmed; never start it again.

        Without the attempt `before`, an earlier multigit requested it: a run that was requested
        long ago has appeared or never will. If the push starts none by design, the search is
        brief, and the deployment is skipped.
        """
        context, spec = self.context, self._spec(starting)
        idle = self._idle(spec) or Idle("", with_hint(doubt) if doubt else NO_RUN)
        asked = context.clock.now() - starting.since
        long_ago = before is None and not self.step.runner.by_push
        seconds = max(LATE - asked, BRIEF) if long_ago else LATE
        seconds = BRIEF if idle.end is RunState.SKIPPED else seconds
        until = context.clock.elapsed() + min(seconds, LATE)
        while True:
            state, reason = idle.end, idle.reason
            try:
                run = context.ask(lambda: context.runners.find(spec), self.step.timeout)
            except NotStartedError as error:
                if context.stopping:
                    return starting
                if context.starts:
                    nothing = Deployment(starting.target, attempt=starting.attempt)
                    return self._start(before or nothing, starting.attempt)
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
        found = to_poll(replace(starting, run=run), self.step.runner)
        self.context.show(self.repo, self.context.note(self.repo, found))
        return found

    def _running_again(self, ended: Deployment, run: Run) -> Deployment | None:
        """Return the deployment to follow if its run, which ended badly, may be running; or None.

        Someone may have rerun it on its page. If that cannot be read, its result is unknown, unless
        this command was told to start another one even so.
        """
        context, spec, runner = self.context, self._spec(ended), self.step.runner
        accepted = spec.key in context.plan.accepted_now
        until = context.clock.elapsed() + LATE
        while True:
            try:
                status = self._poll(spec, run, self.step.timeout)
            except MultigitError as error:
                if context.stopping or not context.starts:
                    return ended
                if accepted:
                    return None
                if context.clock.elapsed() >= until:
                    unknown = self._finished(ended, RunState.UNKNOWN, with_hint(error))
                    return context.note(self.repo, replace(unknown, seconds=0.0))
                context.throttle.pause(runner)
            else:
                if context.stopping:
                    return ended
                if not status.more:
                    break
                context.throttle.pause(runner, soon=True)
        may_run = not status.state.has_result and runner.reruns and not accepted
        if status.state.bad and not may_run:
            return None
        return to_poll(ended.seen(status, self._seconds(ended)), runner)

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


def to_poll(known: Deployment, runner: Runner) -> Deployment:
    """Return a deployment whose run is polled next, without what was said about it before.

    At a host it may wait its turn; a command on this machine does not.
    """
    state = RunState.QUEUED if runner.queues else RunState.RUNNING
    status = RunStatus(state, url=known.status.url)
    return replace(known, state=status.state, status=status)


def saying(known: Deployment, detail: str) -> Deployment:
    """Return a deployment in the same state, with a sentence about it."""
    return replace(known, status=replace(known.status, detail=detail))


def with_hint(error: MultigitError) -> str:
    """Return the message of an error with its hint, whose commands stay known."""
    return Phrase(error.message, " " if error.hint else "", error.hint)


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the date of its commits."""
    return float(plan.date.partition(" ")[0])
