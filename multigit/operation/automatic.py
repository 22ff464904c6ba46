"""Automatic roll-backs: the plan that brings back what a failed operation has deployed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.adapters.system import clock
from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.holds import hold_changes, reached_in
from multigit.core.progress.outcome import Report
from multigit.core.recovery.automatic import (
    blocked_by,
    calls_for_roll_back,
    ended_by_person,
    last_good_before,
    not_rolled_back,
    only_published,
    reason_of,
    to_go_back,
    unknown_in,
)
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError
from multigit.operation.preflight import with_preflight
from multigit.operation.session import Session
from multigit.operation.way_back import RollBack, observe_releases, plan_back

ASKS_NO_ONE = Consent(dry_run=True)


@dataclass(frozen=True, slots=True)
class AutomaticRollBacks:
    """Plans them in a session; see the port `AnswerFailure`."""

    session: Session

    def __call__(self, report: Report) -> Plan | Problem | None:
        """Return the roll-back that a failed operation calls for, why there is none, or None."""
        if not calls_for_roll_back(report, self.session.workspace):
            return None
        if unknown := unknown_in(report):  # commands for that are proposed already
            return replace(not_rolled_back(report, unknown), hint="")
        if ended := ended_by_person(report):
            return not_rolled_back(report, ended)
        try:
            return self._planned(report)
        except MultigitError as error:
            return not_rolled_back(report, error.message)

    def _planned(self, report: Report) -> Plan | Problem:
        """Return the roll-back to the last good release, or why it cannot be done."""
        space, plan = self.session.workspace, report.plan
        back, published = to_go_back(report), only_published(report)
        session = replace(self.session, start_time=clock.now(space.timezone))
        asked = RollBack(
            stage=space.planned_stage(plan.target),
            repos=tuple(repo for repo in space.repos if repo.name in {**back, **published}),
            why=reason_of(report),
            after=plan.operation,
        )
        if not back:
            return not_rolled_back(report, "nothing of it was deployed.")
        seen = observe_releases(session, asked)
        release = last_good_before(plan, seen.releases, back)
        if release is None:
            message = f"no earlier release of {plan.target} is known to be good."
            return replace(not_rolled_back(report, message), hint="")
        bad = seen.releases.now if plan.command == "deploy" else plan.release or plan.operation
        seen = replace(
            seen,
            releases=replace(seen.releases, now=bad),
            deployed={**published, **seen.deployed, **back},
            settled=frozenset(seen.settled) - back.keys(),
            held=hold_changes(plan, reached_in(report)).get(plan.target, seen.held),
        )
        planned = session.noting_holds(plan_back(session, asked, seen, release))
        planned, _ = with_preflight(session, planned, ASKS_NO_ONE)
        if planned.result is not Result.PLANNED:
            return not_rolled_back(report, blocked_by(planned), planned)
        return replace(planned, lock_repo=plan.lock_repo)
