"""What would keep the deployments of a plan from starting, found out before the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from multigit.core.planning.deploy import with_problems
from multigit.core.planning.waves import hold_back
from multigit.core.progress.deployments import orders_unseen
from multigit.core.records.last_deployments import Last, may_be_running, unwell_before
from multigit.errors import MultigitError

if TYPE_CHECKING:
    from multigit.core.planning.plan import Plan
    from multigit.core.values.deployment import Order, Run
    from multigit.core.values.problem import Problem
    from multigit.operation.session import Session


def with_preflight(session: Session, plan: Plan) -> Plan:
    """Return the plan of a new operation with all that is to be said of its deployments."""
    if any(repo.deploys() for repo in plan.planned()):
        last = session.files.history.last_deployed()
        plan = with_problems(plan, _left_running(session, plan, last))
        plan = with_problems(plan, unwell_before(plan, session.workspace, last))
    return preflight(session, plan)


def _left_running(session: Session, plan: Plan, deployed: Last) -> Mapping[str, Sequence[Problem]]:
    """Return what is to be said of the last deployments to the stage that may run by now.

    Of one that was seen to end, only that somebody lets it run again.
    """
    unseen = may_be_running(plan, deployed)
    if not unseen:
        return {}
    from multigit.engine.deploy_checks import look_back

    before: dict[str, Sequence[tuple[Order, Run | None]]] = {}
    for repo, last in unseen.items():
        try:
            _, story = session.files.read_journal(last.begun_by)
        except MultigitError:  # of another machine, or tidied away
            if last.may_run:
                before[repo] = ()
        else:
            if orders := orders_unseen(story, repo):
                before[repo] = orders
    if not before:
        return {}
    with session.screen.progress() as progress:
        runners = session.runners()
        found = look_back(plan, before, runners, jobs=session.jobs, listener=progress)
    return {
        repo: tuple(each for each in problems if each.blocks or unseen[repo].may_run)
        for repo, problems in found.items()
    }


def preflight(session: Session, plan: Plan) -> Plan:
    """Return the plan with what would keep its deployments from starting; it may block now."""
    checked = bool(plan.source) and session.workspace.planned_stage(plan.target).require_checks
    if plan.planned() and (checked or any(repo.deploys() for repo in plan.planned())):
        from multigit.engine.deploy_checks import rehearse

        runners = session.runners()
        with session.screen.progress() as progress:
            checks = runners.checks if checked else None
            plan = rehearse(plan, runners, checks=checks, jobs=session.jobs, listener=progress)
    return hold_back(plan, session.workspace)
