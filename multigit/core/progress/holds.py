"""Holds on stages: what a roll-back leaves, and what is left of one after an operation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from multigit.core.planning.plan import Plan, RollsBack
from multigit.core.planning.steps import RedeployStep
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.state import OperationState
from multigit.core.values.agreement import Actor
from multigit.core.values.deployment import Deployment
from multigit.core.values.hold import NOTHING_ENDED, Ends, HeldRepo, Hold


def hold_of(plan: Plan, actor: Actor, now: str) -> Hold | None:
    """Return the hold that a roll-back sets, before its first deployment; None if it sets none.

    What an earlier one holds stays held, but for the repositories that go back now, and those whose
    branches have nothing after it that must not go out. What was published and never deployed is
    held, too.
    """
    back = _redeployed(plan)
    if not plan.rolls_back or not back:
        return None
    before, freed = plan.rolls_back.before, _freed(plan)
    kept = {
        name: replace(each, release=each.release or (before.release if before else ""))
        for name, each in (before.repos.items() if before else ())
        if name not in freed
    }
    held = {name: HeldRepo(step.to, step.tip, step.tag) for name, step in back.items()}
    return Hold(
        stage=plan.target,
        operation=plan.operation,
        release=plan.rolls_back.to,
        bad=_bad(plan.rolls_back),
        who=actor.identity,
        host=actor.host,
        since=now,
        why=plan.rolls_back.why,
        repos={**kept, **plan.rolls_back.there, **held},
        running=tuple(held),
        left=tuple(held),
    )


def _bad(back: RollsBack) -> str:
    """Return the release that must not go out: after two roll-backs, still what the first one had.

    What the stage has in between went out by name, or is the release on which it was held. It is
    empty if that is the one to which the stage goes.
    """
    bad = (back.before.bad if back.before else "") or back.bad
    return "" if bad == back.to else bad


def hold_changes(
    plan: Plan, reached: Collection[str], ends: Ends = NOTHING_ENDED
) -> Mapping[str, Hold | None]:
    """Return the holds, by stage, that an operation changes once it is over; None: released.

    `reached` are the repositories where the stage has what it published or deployed, or may have.
    A roll-back that reached none leaves what was held before; one after which the stage has what a
    branch has leaves nothing there that must not go out. One that answers an operation also does
    what that left to it: to release what it had released. A release that is deployed by name is
    noted in the hold; `ends` says where that is done.
    """
    if plan.keeps and reached:
        deployed = {r.repo: step.sha for r in plan.repos for step in r.deploys()}
        deployed = {name: sha for name, sha in deployed.items() if name in reached}
        return {plan.target: plan.keeps.with_deployed(deployed, plan.asked_release, ends.done)}
    if hold := plan.releases:
        rest = {name: each for name, each in hold.repos.items() if name not in reached}
        return {hold.stage: hold.on(rest) if rest else None} if reached else {}
    before = plan.rolls_back.before if plan.rolls_back else None
    if plan.rolls_back and _redeployed(plan):
        return {} if reached else {plan.target: before}
    if before and (freed := _freed(plan) & {*reached} & before.repos.keys()):
        left = {name: each for name, each in before.repos.items() if name not in freed}
        return {plan.target: before.on(left) if left else None}
    if plan.answers:
        return {plan.target: before}
    return {}


def _redeployed(plan: Plan) -> Mapping[str, RedeployStep]:
    """Return what a roll-back deploys of old commits, by repository, also if it is done already."""
    steps = ((repo.repo, step) for repo in plan.repos for step in repo.redeploys())
    return {name: step for name, step in steps if step.to != step.tip}


def _freed(plan: Plan) -> set[str]:
    """Return the repositories that have at the end what their branches have.

    The branch has the old files then, or its tip is deployed again.
    """
    forward = {repo.repo for repo in plan.repos if repo.redeploys()} - _redeployed(plan).keys()
    return forward | {repo.repo for repo in plan.repos if repo.roll_backs()}


def reached_in(report: Report) -> frozenset[str]:
    """Return where the stage has what an operation published or deployed, or may have."""
    return frozenset(o.repo for o in report.outcomes if _reached(o))


def reached_by(plan: Plan, state: OperationState) -> frozenset[str]:
    """Return the same, by how far an operation got."""

    def reached(name: str, *, deploys: bool) -> bool:
        progress = state.of(name)
        return progress.deployed or (progress.published and not deploys)

    return frozenset(
        repo.repo for repo in plan.repos if reached(repo.repo, deploys=bool(repo.deploys()))
    )


def ends_in(report: Report) -> Ends:
    """Return what an operation knows of the end of its deployments."""
    return _ends({outcome.repo: outcome.deployments for outcome in report.outcomes})


def ends_by(state: OperationState) -> Ends:
    """Return the same, by how far an operation got."""
    return _ends({name: [*each.deployments.values()] for name, each in state.repos.items()})


def _ends(deployments: Mapping[str, Collection[Deployment]]) -> Ends:
    states = {repo: [each.state for each in own] for repo, own in deployments.items() if own}
    return Ends(
        running=frozenset(repo for repo, own in states.items() if any(s.may_run for s in own)),
        done=frozenset(repo for repo, own in states.items() if all(s.good for s in own)),
    )


def _reached(outcome: Outcome) -> bool:
    if outcome.plan.deploys():
        return any(each.begun for each in outcome.deployments)
    return bool(outcome.after)
