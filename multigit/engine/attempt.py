"""One deployment of one repository to one target: started once, followed until it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.values.deploy_config import CommandRunner, HealthCheck
from multigit.core.values.deployment import Deployment, DeploymentSpec, Run, RunState
from multigit.core.values.duration import in_words
from multigit.core.values.health_check import LONGEST_PAUSE, Checks, unhealthy
from multigit.engine.reruns import Reruns
from multigit.engine.start import Start
from multigit.engine.target import Target, with_hint
from multigit.errors import MultigitError, TooEarlyError
from multigit.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Attempt:
    """Follows one deployment. Nothing is ever started while an earlier one may still run."""

    target: Target

    def follow(self, known: Deployment | None) -> Deployment:
        """Follow the deployment until it ends, from wherever an earlier attempt left it.

        If its result stays unknown, a new attempt begins only if a person accepts that now, and if
        it can be requested.
        """
        target, start = self.target, Start(self.target)
        if known and known.state.good:
            return known
        if known is None:
            step = target.step
            return self._to_end(None, start.after(Deployment(step.target, attempt=step.attempt)))
        deployment = self._to_end(known, self._resume(known))
        same = target.spec(known) == target.spec(deployment)  # and not one requested just now
        unknown = same and deployment.state is RunState.UNKNOWN
        if unknown and self._may_start_again(known):
            return self._to_end(deployment, start.after(deployment))
        return deployment

    def _to_end(self, known: Deployment | None, deployment: Deployment) -> Deployment:
        """Return the deployment when it has ended, or is no longer waited for.

        If no one waits, an earlier run is looked at once: it may have ended since.
        """
        context, requested = self.target.context, _requested_now(known, deployment)
        if deployment is known and known.state.over:
            self.target.show(known)
        unseen = deployment.state.over or deployment.state is RunState.NOT_STARTED
        found_now = requested or (known and known.attempt == deployment.attempt and not known.run)
        if unseen or context.stopping or (found_now and not context.plan.wait):
            return deployment
        with context.throttle.watching():
            seen = self._watch(deployment, watched=requested)
        return self.target.note(seen) if seen.state is not deployment.state else seen

    def _may_start_again(self, known: Deployment) -> bool:
        """Return whether a person accepts now that it is unknown how a deployment ended."""
        target = self.target
        return target.accepted(known) and target.context.starts and not target.step.runner.by_push

    # Its start

    def _resume(self, known: Deployment) -> Deployment:
        """Return the deployment to follow: one of the earlier attempts, or a new one.

        What a push started is looked for, and polled again: there is nothing to request.
        """
        target, start = self.target, Start(self.target)
        pushed = target.step.runner.by_push and known.state is not RunState.NOT_STARTED
        unsure = known.state.may_run and not self._may_start_again(known)
        if not known.run and (known.state.may_run or pushed):
            return start.find(known)
        if known.run and (unsure or pushed or known.state is RunState.UNHEALTHY):
            return target.to_poll(known)
        return Reruns(target).of_own(known) or start.after(known)

    # Until it ends

    def _watch(self, deployment: Deployment, *, watched: bool) -> Deployment:
        """Poll the run until it ends, its time is over, or someone stops multigit.

        The time that it waits for a person does not count. How long it took is known only if it was
        `watched`: a run that is found ended may have ended at any time.
        """
        target, context = self.target, self.target.context
        remaining, spec = target.step.timeout, target.spec(deployment)
        last = context.clock.elapsed()
        while not context.stopping and deployment.run:
            patience = remaining if context.plan.wait else 0.0
            deployment = self._polled(deployment, spec, deployment.run, patience)
            watched = watched or not deployment.state.over
            if not watched:
                deployment = replace(deployment, seconds=0.0)
            if deployment.state is RunState.SUCCEEDED and target.step.health:
                return self._healthy(deployment, target.step.health)
            target.show(deployment)
            looked = not context.plan.wait and not deployment.status.more
            if deployment.state.over or looked:
                break
            now = context.clock.elapsed()
            remaining -= 0.0 if deployment.state is RunState.WAITING else now - last
            last = now
            if remaining <= 0 and not deployment.status.more:
                return self._out_of_time(deployment)
            context.throttle.pause(target.step.runner, soon=deployment.status.more)
        return deployment

    def _polled(
        self, deployment: Deployment, spec: DeploymentSpec, run: Run, seconds: float
    ) -> Deployment:
        """Return the deployment after a poll; a poll that fails does not change its state.

        If its host may not be asked again within so many seconds, they pass.
        """
        target = self.target
        try:
            status = target.poll(spec, run, seconds)
        except MultigitError as error:
            if isinstance(error, TooEarlyError):
                target.context.throttle.hold(error, seconds)
            before = deployment.status
            status = replace(before, state=deployment.state, detail=error.message, more=False)
        return target.now(deployment, status)

    def _out_of_time(self, deployment: Deployment) -> Deployment:
        """End a run on this machine; one at a host keeps running, and can be polled again."""
        target = self.target
        if not target.context.starts:
            return deployment
        within = f"within {in_words(target.step.timeout)}."
        detail, last = f"it did not end {within}", deployment.status.detail
        if isinstance(target.step.runner, CommandRunner) and deployment.run:
            return self._end(deployment, deployment.run, detail)
        if last:  # the poll failed, so it may have ended
            detail = f"it was not seen to end {within} The last poll: {last}"
        return target.over(deployment, RunState.TIMED_OUT, detail)

    def _end(self, deployment: Deployment, run: Run, detail: str) -> Deployment:
        """End a run, and read how it ended: something of it may still be running.

        It may also have ended by itself in the last moment.
        """
        target = self.target
        spec = target.spec(deployment)
        try:
            target.context.runners.end(spec, run)
            status = target.poll(spec, run)
        except MultigitError as error:
            detail = Phrase(detail, " ", with_hint(error))
            return target.over(deployment, RunState.TIMED_OUT, detail)
        deployment = target.now(deployment, status)
        if status.state is RunState.SUCCEEDED and target.step.health:
            return self._healthy(deployment, target.step.health)
        if status.state is RunState.SUCCEEDED:
            return target.over(deployment, status.state, "")
        more = status.detail or "it could not be ended."
        state = status.state if status.state.over else RunState.TIMED_OUT
        return target.over(deployment, state, f"{detail} {more[:1].upper()}{more[1:]}")

    def _healthy(self, deployment: Deployment, check: HealthCheck) -> Deployment:
        """Ask until enough answers in a row are right, or there are no attempts left.

        A service that asks to wait gets its next check later, a minute at most.
        """
        context, spec = self.target.context, self.target.spec(deployment)
        url, wanted = spec.fill(check.url), spec.fill(check.equals)
        deployment = replace(deployment, state=RunState.CHECKING)
        self.target.show(deployment)
        checks, pause = Checks(), 0.0
        for number in range(check.attempts + check.successes - 1):
            if number:
                context.clock.wait(max(check.interval, pause), context.leave)
            if context.stopping:
                return deployment
            with context.slots:
                wrong, pause = self._ask(url, wanted, check)
            checks = checks.after(wrong)
            if checks.row == check.successes:
                return self.target.over(deployment, RunState.SUCCEEDED, "")
        return self.target.over(deployment, RunState.UNHEALTHY, f"{url}: {checks.reason(check)}")

    def _ask(self, url: str, wanted: str, check: HealthCheck) -> tuple[str, float]:
        """Return what is wrong with an answer, and how many seconds the service asks to wait."""
        try:
            answer = self.target.context.probe.ask(url, timeout=check.timeout)
        except MultigitError as error:
            return error.message, 0.0
        wrong = unhealthy(check, wanted, answer)
        return wrong, min(answer.pause, LONGEST_PAUSE) if wrong else 0.0


def _requested_now(known: Deployment | None, deployment: Deployment) -> bool:
    """Return whether the deployment was requested just now, not by an earlier multigit."""
    if known is None or known.state is RunState.NOT_STARTED:
        return True
    return deployment.attempt not in {each.attempt for each in (known, *known.others)}
