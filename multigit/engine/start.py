"""The start of a deployment: requested at most once, and found again if its answer was lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from multigit.core.planning.plan import Plan
from multigit.core.values.deployment import Deployment, DeploymentSpec, Idle, Run, RunState
from multigit.core.values.duration import in_words
from multigit.engine.reruns import Reruns
from multigit.engine.target import LATE, Target, with_hint
from multigit.errors import MultigitError, NotStartedError, TooEarlyError, UnknownStartError

NO_RUN = "it was requested, but no run appeared."
NO_PUSHED_RUN = "it was pushed, but no run appeared."
BRIEF = 10.0  # seconds to search for it after that: the host may not answer at once


@dataclass(frozen=True, slots=True)
class Start:
    """Starts one deployment, but never beside one that is running."""

    target: Target

    def after(self, before: Deployment) -> Deployment:
        """Start a deployment after one that has failed, never started, or was given up."""
        return self._start(before) if self.target.context.starts else before

    def _start(self, before: Deployment) -> Deployment:
        """Start the deployment; if the host asks to wait, nothing was started, and it waits."""
        context, timeout = self.target.context, self.target.step.timeout

        def in_turn() -> Deployment:
            if not self.target.step.runner.by_push:
                context.throttle.await_turn()
            return before if context.stopping else self._instead(before) or self._request(before)

        try:
            return context.patiently(
                in_turn, timeout, on_refusal=lambda detail: self._refused(before, detail)
            )
        except TooEarlyError as error:
            late = f" Its timeout of {in_words(timeout)} ends before that."
            return self._refused(before, error.message + ("" if context.stopping else late))

    def _instead(self, before: Deployment) -> Deployment | None:
        """Return what to do instead of starting if an earlier run is running again, or None.

        One of this operation is followed; beside that of another one nothing starts.
        """
        if self.target.step.runner.by_push:
            return None
        reruns = Reruns(self.target)
        if detail := reruns.of_others():
            return saying(before, detail)
        return reruns.of_own(before)

    def _request(self, before: Deployment) -> Deployment:
        """Note that the deployment starts, and request it, both when a slot is free.

        It does not start without the note, or once the user is stopping multigit.
        """
        target, context, doubt = self.target, self.target.context, None
        with context.slots:
            if context.stopping:
                return before
            try:
                starting = self._note_start(before)
            except MultigitError as error:
                return saying(before, error.message)
            try:
                if not target.step.runner.by_push:
                    return self._with_run(starting, context.runners.start(target.spec(starting)))
            except UnknownStartError as error:
                doubt = error
            except NotStartedError as error:
                return self._refused(before, error.message)
            except TooEarlyError:
                raise
            except MultigitError as error:
                return self._failed(before, starting, with_hint(error))
        return self.find(starting, before, doubt=doubt)

    def _note_start(self, before: Deployment) -> Deployment:
        """Note and show that the deployment starts now; raises MultigitError without a note."""
        target, context = self.target, self.target.context
        by_push = target.step.runner.by_push
        starting = Deployment(
            target.step.target,
            RunState.STARTING,
            attempt=before.next_attempt,
            since=pushed_at(context.plan) if by_push else context.clock.now(),
            others=before.tried(),
        )
        return target.show(target.note(starting))

    def _refused(self, before: Deployment, detail: str) -> Deployment:
        """Note that nothing was started: the attempt before, if there was one, is still the last.

        Its run is still known then, so that it is found if someone reruns it.
        """
        return self.target.note(saying(before, detail))

    def _failed(self, before: Deployment, starting: Deployment, detail: str) -> Deployment:
        """Note that the host refused the start; the attempt before may still be running."""
        if before.run or before.state.may_run:
            return self._refused(before, detail)
        return self.target.note(self.target.over(starting, RunState.FAILED, detail))

    def find(
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
        target, context = self.target, self.target.context
        spec = target.spec(starting)
        by_push = target.step.runner.by_push
        nothing = NO_PUSHED_RUN if by_push else NO_RUN
        idle = self._idle(spec) or Idle("", with_hint(doubt) if doubt else nothing)
        asked = context.clock.now() - starting.since
        long_ago = before is None and not by_push
        seconds = max(LATE - asked, BRIEF) if long_ago else LATE
        seconds = BRIEF if idle.end is RunState.SKIPPED else seconds
        until = context.clock.elapsed() + min(seconds, LATE)
        while True:
            state, reason = idle.end, idle.reason
            try:
                run = target.ask(lambda: context.runners.find(spec))
            except NotStartedError as error:
                return self._not_started(starting, before, error.message)
            except MultigitError as error:
                run, state, reason = None, RunState.UNKNOWN, with_hint(error)
            if run:
                return self._with_run(starting, run)
            if context.clock.elapsed() >= until:
                return target.note(target.over(starting, state, reason))
            if context.stopping:
                return starting
            context.throttle.pause(target.step.runner)

    def _not_started(self, starting: Deployment, before: Deployment | None, why: str) -> Deployment:
        """Start what was certainly not started yet, as the same attempt."""
        if self.target.context.stopping:
            return starting
        if not self.target.context.starts:
            return self.target.over(starting, RunState.FAILED, why)
        return self._start(before or replace(starting, state=RunState.NOT_STARTED, since=0.0))

    def _idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push of a deployment starts no run, or perhaps none, if that is known."""
        with suppress(MultigitError):
            return self.target.ask(lambda: self.target.context.runners.idle(spec))
        return None

    def _with_run(self, starting: Deployment, run: Run) -> Deployment:
        found = self.target.to_poll(replace(starting, run=run))
        return self.target.show(self.target.note(found))


def saying(known: Deployment, detail: str) -> Deployment:
    """Return a deployment in the same state, with a sentence about it."""
    return replace(known, status=replace(known.status, detail=detail))


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the date of its commits."""
    return float(plan.date.partition(" ")[0])
