"""One deployment of one repository to one target: started once, followed until it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.deployments import DeploymentSpecs
from multigit.core.values.deploy_config import CommandRunner, HealthCheck
from multigit.core.values.deployment import Deployment, DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.duration import in_words
from multigit.core.values.health_check import Checks, unhealthy
from multigit.engine.deploy_context import DeployContext
from multigit.errors import MultigitError, NotStartedError, TooEarlyError, UnknownStartError

LATE = 60.0  # seconds that a run may take to appear after its start
BRIEF = 10.0  # seconds to search for it after that: the host may not answer at once


@dataclass(frozen=True, slots=True)
class Attempt:
    """Follows one deployment. Nothing is ever started while an earlier one may still run."""

    context: DeployContext
    step: DeployStep
    specs: DeploymentSpecs

    @property
    def repo(self) -> str:
        """Return the repository's name."""
        return self.specs.repo

    def follow(self, known: Deployment | None) -> Deployment:
        """Follow the deployment until it ends, from wherever an earlier attempt left it."""
        if known and known.state.good:
            return known
        deployment = self._resume(known) if known else self._start_new(None)
        unseen = deployment.state.over or deployment.state is RunState.NOT_STARTED
        if unseen or self.context.stopping or not self.context.plan.wait:
            return deployment
        new_run = not (known and known.run and known.attempt == deployment.attempt)
        with self.context.throttle.watching():
            deployment = self._watch(deployment, watched=new_run)
        return self.context.note(self.repo, deployment) if deployment.state.over else deployment

    # Its start

    def _resume(self, known: Deployment) -> Deployment:
        """Return the deployment to follow: the earlier attempt's, or a new one."""
        if known.run is None:
            return (
                self._find_run(known, again=True) if known.state.may_run else self._start_new(known)
            )
        if known.state.may_run or known.state is RunState.UNHEALTHY:
            return _to_poll(known)
        return self._check_ended(known, known.run)

    def _check_ended(self, known: Deployment, run: Run) -> Deployment:
        """Return the deployment to follow after a run that ended badly: the same, or a new one.

        Someone may have rerun it on its page. If that cannot be read, it may be running, and no
        other one is started.
        """
        context, spec = self.context, self._spec(known)
        until = context.clock.elapsed() + LATE
        while True:
            try:
                status = self._poll(spec, run, self.step.timeout)
            except MultigitError as error:
                if context.stopping or not context.starts:
                    return known
                if context.clock.elapsed() >= until:
                    unknown = self._finished(known, RunState.UNKNOWN, with_hint(error))
                    return context.note(self.repo, replace(unknown, seconds=0.0))
                context.throttle.pause(self.step.runner)
            else:
                if context.stopping or not status.more:
                    break
                context.throttle.pause(self.step.runner, soon=True)
        if status.state.bad and (status.state.has_result or not self.step.runner.host):
            return self._start_new(known)
        return _to_poll(known.seen(status, self._seconds(known)))

    def _start_new(self, known: Deployment | None) -> Deployment:
        """Start a deployment, after one that is known to have failed or never to have started."""
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
            return context.note(self.repo, self._finished(starting, RunState.FAILED, error.message))
        return self._with_run(starting, run)

    def _find_run(
        self, starting: Deployment, *, again: bool = False, doubt: MultigitError | None = None
    ) -> Deployment:
        """Search for the run of a deployment whose start was not confirmed; never start it again.

        A run that was requested long ago, and is searched for `again`, has appeared or never will.
        """
        context, spec = self.context, self._spec(starting)
        asked = context.clock.now() - starting.since
        seconds = max(LATE - asked, BRIEF) if again and not self.step.runner.by_push else LATE
        until = context.clock.elapsed() + min(seconds, LATE)
        reason = with_hint(doubt) if doubt else "it was requested, but no run appeared."
        while True:
            try:
                run = context.ask(lambda: context.runners.find(spec), self.step.timeout)
            except NotStartedError as error:
                if context.stopping:
                    return starting
                if context.starts:  # the time in which the new run has to appear begins now
                    return self._start(starting, replace(starting, since=context.clock.now()))
                return self._finished(starting, RunState.FAILED, error.message)
            except MultigitError as error:
                run, reason = None, with_hint(error)
            if run:
                return self._with_run(starting, run)
            if context.clock.elapsed() >= until:
                return context.note(self.repo, self._finished(starting, RunState.UNKNOWN, reason))
            if context.stopping:
                return starting
            context.throttle.pause(self.step.runner)

    def _with_run(self, starting: Deployment, run: Run) -> Deployment:
        queued = self.context.note(self.repo, _to_poll(replace(starting, run=run)))
        self.context.show(self.repo, queued)
        return queued

    # Until it ends

    def _watch(self, deployment: Deployment, *, watched: bool) -> Deployment:
        """Poll the run until it ends, its time is over, or someone stops multigit.

        The time that it waits for a person does not count. How long it took is known only if it was
        `watched`: a run that is found ended may have ended at any time.
        """
        context, remaining = self.context, self.step.timeout
        spec = self._spec(deployment)
        last = context.clock.elapsed()
        while not context.stopping and deployment.run:
            deployment = self._polled(deployment, spec, deployment.run, remaining)
            watched = watched or not deployment.state.over
            if not watched:
                deployment = replace(deployment, seconds=0.0)
            if deployment.state is RunState.SUCCEEDED and self.step.health:
                return self._healthy(deployment, self.step.health)
            context.show(self.repo, deployment)
            if deployment.state.over:
                break
            now = context.clock.elapsed()
            remaining -= 0.0 if deployment.state is RunState.WAITING else now - last
            last = now
            if remaining <= 0 and not deployment.status.more:
                return self._out_of_time(deployment)
            context.throttle.pause(self.step.runner, soon=deployment.status.more)
        return deployment

    def _polled(
        self, deployment: Deployment, spec: DeploymentSpec, run: Run, seconds: float
    ) -> Deployment:
        """Return the deployment after a poll; a poll that fails does not change its state."""
        try:
            status = self._poll(spec, run, seconds)
        except MultigitError as error:
            before = deployment.status
            status = replace(before, state=deployment.state, detail=error.message, more=False)
        return deployment.seen(status, self._seconds(deployment))

    def _poll(self, spec: DeploymentSpec, run: Run, seconds: float) -> RunStatus:
        """Poll the run; a host that asks to wait is waited for, for at most so many seconds."""
        return self.context.ask(lambda: self.context.runners.poll(spec, run), seconds)

    def _out_of_time(self, deployment: Deployment) -> Deployment:
        """End a run on this machine; one at a host keeps running, and can be polled again."""
        if not self.context.starts:
            return deployment
        detail = f"it did not end within {in_words(self.step.timeout)}."
        if isinstance(self.step.runner, CommandRunner) and deployment.run:
            return self._end(deployment, deployment.run, detail)
        last = f" The last poll: {deployment.status.detail}" if deployment.status.detail else ""
        return self._finished(deployment, RunState.TIMED_OUT, detail + last)

    def _end(self, deployment: Deployment, run: Run, detail: str) -> Deployment:
        """End a run, and read how it ended: something of it may still be running.

        It may also have ended by itself in the last moment.
        """
        spec = self._spec(deployment)
        try:
            self.context.runners.end(spec, run)
            status = self._poll(spec, run, self.step.timeout)
        except MultigitError as error:
            return self._finished(deployment, RunState.TIMED_OUT, f"{detail} {with_hint(error)}")
        deployment = deployment.seen(status, self._seconds(deployment))
        if status.state is RunState.SUCCEEDED and self.step.health:
            return self._healthy(deployment, self.step.health)
        if status.state is RunState.SUCCEEDED:
            return self._finished(deployment, status.state, "")
        more = status.detail or "it could not be ended."
        state = status.state if status.state.over else RunState.TIMED_OUT
        return self._finished(deployment, state, f"{detail} {more[:1].upper()}{more[1:]}")

    def _healthy(self, deployment: Deployment, check: HealthCheck) -> Deployment:
        """Ask until enough answers in a row are right, or there are no attempts left."""
        context, spec = self.context, self._spec(deployment)
        url, wanted = spec.fill(check.url), spec.fill(check.equals)
        deployment = replace(deployment, state=RunState.CHECKING)
        context.show(self.repo, deployment)
        checks = Checks()
        for number in range(check.attempts + check.successes - 1):
            if number:
                context.clock.wait(check.interval, context.leave)
            if context.stopping:
                return deployment
            checks = checks.after(context.with_slot(lambda: self._ask(url, wanted, check)))
            if checks.row == check.successes:
                return self._finished(deployment, RunState.SUCCEEDED, "")
        return self._finished(deployment, RunState.UNHEALTHY, f"{url}: {checks.reason(check)}")

    def _ask(self, url: str, wanted: str, check: HealthCheck) -> str:
        try:
            answer = self.context.probe.ask(url, timeout=check.timeout)
        except MultigitError as error:
            return error.message
        return unhealthy(check, wanted, answer)

    def _finished(self, deployment: Deployment, state: RunState, detail: str) -> Deployment:
        status = replace(deployment.status, state=state, detail=detail)
        over = deployment.seen(status, self._seconds(deployment))
        self.context.show(self.repo, over)
        return over

    def _seconds(self, deployment: Deployment) -> float:
        return max(0.0, self.context.clock.now() - deployment.since)  # a clock may be set back

    def _spec(self, deployment: Deployment) -> DeploymentSpec:
        return self.specs.of_known(self.step, deployment)


def _to_poll(known: Deployment) -> Deployment:
    """Return a deployment whose run is polled next, without what was said about it before."""
    status = RunStatus(RunState.QUEUED, url=known.status.url)
    return replace(known, state=status.state, status=status)


def with_hint(error: MultigitError) -> str:
    """Return the message of an error with its hint."""
    return f"{error.message} {error.hint}".rstrip()


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the date of its commits."""
    return float(plan.date.partition(" ")[0])
