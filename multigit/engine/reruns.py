"""The last look before a start: an earlier run may be running.

Anyone can rerun one that failed from its page, until the moment of the new start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.progress.earlier import Earlier
from multigit.core.values.deployment import Deployment, RunState, RunStatus
from multigit.engine.target import Target, with_hint
from multigit.errors import MultigitError


@dataclass(frozen=True, slots=True)
class Reruns:
    """Looks at the runs that a new one must not run beside."""

    target: Target

    def of_others(self) -> str:
        """Return why nothing may start beside what other operations deployed, or empty.

        That one of their runs is running, or that its host does not say, unless a person accepts
        that.
        """
        target = self.target
        to = target.step.stage
        for operation, earlier in target.context.earlier_runs(target.repo):
            again = " again" if earlier.may_be_rerun else ""
            try:
                running = self._is_running(earlier)
            except MultigitError as error:
                if earlier.spec.key not in target.context.plan.accepted_now:
                    asked = f"whether a deployment of {operation} to {to} is running{again}"
                    return f"{asked} is unknown: {error.message}"
            else:
                if running:
                    return f"a deployment of {operation} to {to} is running{again}."
        return ""

    def _is_running(self, earlier: Earlier) -> bool:
        if not (earlier.run and earlier.may_run):
            return False
        status = self.target.look(earlier.spec, earlier.run)
        return status is not None and status.state.may_run and not status.state.over

    def of_own(self, last: Deployment) -> Deployment | None:
        """Return what to follow instead of a new start after attempts that ended badly.

        That is the one whose run is running again, or succeeded since; if its host does not say, it
        is unknown, unless a person accepts that. None if a new one may start. Only what ended badly
        is ever deleted.
        """
        target, tried = self.target, last.tried()
        for attempt in tried:
            others = tuple(each for each in tried if each is not attempt)
            try:
                status = target.look(target.spec(attempt), attempt.run) if attempt.run else None
            except MultigitError as error:
                if target.accepted(attempt) or not target.context.starts:
                    continue
                unknown = target.over(attempt, RunState.UNKNOWN, with_hint(error))
                return target.note(replace(unknown, seconds=0.0, others=others))
            if status is None:
                return last
            if not status.state.bad:
                return replace(self._rerun(attempt, status), others=others)
        return None

    def _rerun(self, attempt: Deployment, status: RunStatus) -> Deployment:
        """Return an attempt that runs again, from now on, or that has ended unseen."""
        target = self.target
        known = attempt.seen(status, 0.0)
        return target.to_poll(replace(known, since=target.context.clock.now()))
