"""Preflight checks: what would keep deployments from starting, before the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multigit.core.progress.deployments import unseen_specs
from multigit.core.progress.findings import Findings, clear_of, together, with_findings
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.records.last_deployments import (
    LastDeployments,
    failed_dependencies,
    may_be_running,
)
from multigit.errors import MultigitError

if TYPE_CHECKING:
    from multigit.core.planning.plan import Plan
    from multigit.engine.deploy_checks import Unfinished
    from multigit.operation.session import Session


def with_preflight(session: Session, plan: Plan) -> Plan:
    """Return the plan of a new operation with the findings of its preflight checks."""
    space, found = session.workspace, together()
    if any(repo.deploys() for repo in plan.planned()):
        last = session.files.history.last_deployed()
        found = _left_running(session, plan, last)
        found = together(found, failed_dependencies(clear_of(plan, found), space, last))
    ahead = _checked(session, clear_of(plan, found), NOTHING_YET)
    return with_findings(plan, NOTHING_YET, together(found, ahead), space)


def with_preflight_again(session: Session, plan: Plan, state: OperationState) -> Plan:
    """Return the plan of what is left with the findings of its preflight checks."""
    return with_findings(plan, state, _checked(session, plan, state), session.workspace)


def _left_running(session: Session, plan: Plan, deployed: LastDeployments) -> Findings:
    """Return findings about last deployments to the stage that may still be running.

    One that has ended is only reported if someone has started it again.
    """
    unseen = may_be_running(plan, deployed)
    if not unseen:
        return {}
    from multigit.engine.deploy_checks import check_earlier_deployments

    before: dict[str, Unfinished] = {}
    for repo, last in unseen.items():
        try:
            _, operation = session.files.read_journal(last.started_by)
        except MultigitError:  # from another machine, or deleted
            if last.may_run:
                before[repo] = ()
        else:
            if specs := unseen_specs(operation, repo):
                before[repo] = specs
    if not before:
        return {}
    with session.fleet() as fleet:
        runners = session.runners(fleet.listener)
        found = check_earlier_deployments(plan, before, runners, fleet)
    return {
        repo: tuple(each for each in problems if each.blocks or unseen[repo].may_run)
        for repo, problems in found.items()
    }


def _checked(session: Session, plan: Plan, state: OperationState) -> Findings:
    """Return what would keep the deployments of a plan from starting."""
    checked = bool(plan.source) and session.workspace.planned_stage(plan.target).require_checks
    if not plan.planned() or not (checked or any(repo.deploys() for repo in plan.planned())):
        return {}
    from multigit.engine.deploy_checks import preflight

    with session.fleet() as fleet:
        runners = session.runners(fleet.listener)
        checks = runners.checks if checked else None
        return preflight(plan, state, runners, fleet, checks=checks)
