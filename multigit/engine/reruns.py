"""The last look before a start: a run that ended badly may be running again.

Anyone can rerun one from its page, until the moment of the new start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.progress.earlier import Earlier
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.engine.target import Target, with_hint
from multigit.errors import MultigitError


@dataclass(frozen=True, slots=True)
class Reruns:
    """Looks at the runs that a new one must not run beside."""

    target: Target

    def of_others(self) -> str:
        """Return why nothing may start beside what other operations deployed, or empty.

        That one of their runs is running again, or that its host does not say, unless a person
        accepts that.
        """
        target = self.target
        to = target.step.stage
        for operation, earlier in target.context.earlier_runs(target.repo):
            try:
                running = self._is_running(earlier)
            except MultigitError as error:
                if earlier.spec.key not in target.context.plan.accepted_now:
                    asked = f"whether a deployment of {operation} to {to} is running again"
                    return f"{asked} is unknown: {error.message}"
                running = False
            if running:
                return f"a deployment of {operation} to {to} is running again."
        return ""

    def _is_running(self, earlier: Earlier) -> bool:
        if not (earlier.run and earlier.may_run):
            return False
        status = self.target.last_status(earlier.spec, earlier.run)
        return status is not None and status.state.may_run and not status.state.over

    def followed(self, ended: Deployment) -> Deployment | None:
        """Return what to follow instead of a new start after a deployment that ended badly.

        That is the attempt whose run is running again, or may be; None if a new one may start.
        """
        tried = ended.tried()
        for place, attempt in enumerate(tried):
            if attempt.run and (again := self._followed(attempt, attempt.run)):
                return replace(again, others=(*tried[:place], *tried[place + 1 :]))
        return None

    def _followed(self, ended: Deployment, run: Run) -> Deployment | None:
        """Return the attempt to follow if its run is running again, or succeeded.

        If its host does not say, its result is unknown, unless a person accepts that. A run that
        the host does not have any more had ended before it was deleted.
        """
        target = self.target
        try:
            status = target.last_status(target.spec(ended), run)
        except MultigitError as error:
            if target.accepted(ended):
                return None
            if not target.context.starts:
                return ended
            unknown = target.over(ended, RunState.UNKNOWN, with_hint(error))
            return target.note(replace(unknown, seconds=0.0))
        if status is None:
            return ended
        return None if status.state.bad else target.to_poll(target.now(ended, status))
