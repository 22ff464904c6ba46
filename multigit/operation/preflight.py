"""Preflight checks: what would keep deployments from starting, before the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.earlier import DOUBT, LastOperation, Look
from multigit.core.progress.findings import clear_of, together, with_findings, without_looks
from multigit.core.progress.journal import Operation
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.records.last_deployments import as_seen, failed_dependencies
from multigit.operation.asking import Doubts
from multigit.operation.earlier import left_by_hold, looks_at, that_may_run

if TYPE_CHECKING:
    from multigit.core.progress.findings import Findings
    from multigit.core.records.last_deployments import LastDeployments
    from multigit.operation.session import Session


def with_preflight(session: Session, plan: Plan, consent: Consent) -> tuple[Plan, Doubts | None]:
    """Return the plan of a new operation with the findings of its preflight checks, and its doubts.

    If there are any, a person is to be asked, and this is the plan for a yes.
    """
    space, mine = session.workspace, dict[str, Look]()
    seen: LastDeployments = {}
    running: dict[str, str] = {}
    if deploying := [repo.repo for repo in plan.planned() if repo.deploys()]:
        last = session.files.history.last_deployed()
        before = (other for name in deploying for other in space.repo(name).after)
        names = dict.fromkeys((*deploying, *before))
        may_run = that_may_run(session, plan.target, names, last)
        looks = looks_at(session, {**may_run, **left_by_hold(session, plan, deploying, may_run)})
        mine = {name: look for name, look in looks.items() if name in deploying}
        found = {name: looks[name].state for name in looks if name in may_run}
        seen = as_seen(last, plan.target, found)
        problems = {name: look.problem(plan.target) for name, look in looks.items()}
        running = {name: p.hint for name, p in problems.items() if p and p.code != DOUBT}

    def checked(plan: Plan, found: Findings) -> Plan:
        found = together(found, failed_dependencies(clear_of(plan, found), space, seen, running))
        ahead = _checked(session, clear_of(plan, found), NOTHING_YET)
        return with_findings(plan, NOTHING_YET, together(found, ahead), space)

    return _with_doubts(session, plan, consent, mine, checked)


def with_preflight_again(
    session: Session, left: Operation, consent: Consent
) -> tuple[Plan, Doubts | None]:
    """Return the plan of what is left with the findings of its preflight checks, and its doubts.

    Deployments whose result is unknown do not block it: its own are looked up again, and are
    started again only if a person accepts that, which the plan then names. So is what other
    operations deployed before what it still has to start. What another machine's roll-back may have
    running cannot be looked up again, and blocks.
    """
    starts = [r.repo for r in left.plan.planned() if still_to_come(r, left.state.of(r.repo))[0]]
    last = session.files.history.last_deployed() if starts else {}
    may_run = that_may_run(session, left.plan.target, starts, last)
    beside = left_by_hold(session, left.plan, starts, may_run)
    looks = looks_at(session, _unsure(session, left, {**may_run, **beside}))
    doubts = {name: look for name, look in looks.items() if look.doubts}

    def checked(plan: Plan, found: Findings) -> Plan:
        warnings = {
            name: problems if name in beside else [p.as_warning() for p in problems]
            for name, problems in found.items()
        }
        found = together(warnings, _checked(session, plan, left.state))
        return with_findings(plan, left.state, found, session.workspace)

    return _with_doubts(session, without_looks(left.plan), consent, doubts, checked)


def _unsure(
    session: Session, left: Operation, others: Mapping[str, LastOperation]
) -> Mapping[str, LastOperation]:
    """Return, by repository, what an unfinished operation and those before it may have running."""
    now, unsure = session.start_time.time.timestamp(), dict(others)
    for repo in left.plan.planned():
        own = LastOperation.of(left, repo.repo).unsure(now)
        if own.deployments:
            before = others[repo.repo].each() if repo.repo in others else ()
            unsure[repo.repo] = replace(own, before=before)
    return unsure


def _with_doubts(
    session: Session,
    plan: Plan,
    consent: Consent,
    looks: Mapping[str, Look],
    checked: Callable[[Plan, Findings], Plan],
) -> tuple[Plan, Doubts | None]:
    """Return the plan, `checked` with what keeps it from deploying: what is running, or may be.

    A doubt that a person accepts only warns, and the plan names it. What was accepted for an
    earlier attempt stays named, but decides nothing: it was about what was found then.
    """
    found = {name: each for name, look in looks.items() if (each := look.problem(plan.target))}
    doubts = {name: found[name] for name, look in looks.items() if look.doubts}
    warnings = {name: replace(each.as_warning(), hint="") for name, each in doubts.items()}
    plan = replace(plan, accepted_now=())

    def declined() -> Plan:
        return checked(plan, {name: (each,) for name, each in found.items()})

    asked = session.screen.interactive and not consent.dry_run
    if not doubts or not (consent.accept_doubt or asked):
        return declined(), None
    accepted = tuple(each for name in doubts for each in looks[name].accepted(name))
    ready = checked(plan, {name: (each,) for name, each in (found | warnings).items()})
    if consent.accept_doubt:
        return Doubts(accepted, declined).accepted_in(ready), None
    if ready.result is Result.BLOCKED:
        return declined(), None
    return ready, Doubts(accepted, declined)


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
