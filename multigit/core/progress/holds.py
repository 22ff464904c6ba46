"""Holds on stages: what a roll-back leaves, and what is left of one after an operation."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
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

    What an earlier one holds stays held, and as unfinished as it is, but for the repositories that
    go back now, and those whose branches have nothing after it that must not go out. What was
    published and never deployed is held, too.
    """
    back, rolls_back = _redeployed(plan), plan.rolls_back
    if not rolls_back or not back:
        return None
    held = {name: HeldRepo(step.to, step.tip, step.tag) for name, step in back.items()}
    goes = {**rolls_back.there, **held}
    still = _still_held(rolls_back.before, _freed(plan) | goes.keys())
    return Hold(
        stage=plan.target,
        operation=plan.operation,
        release=rolls_back.to,
        bad=_bad(rolls_back),
        who=actor.identity,
        host=actor.host,
        since=now,
        why=rolls_back.why,
        repos={**(still.repos if still else {}), **goes},
        running=(*(still.running if still else ()), *held),
        left=(*(still.left if still else ()), *held),
    )


def _still_held(before: Hold | None, others: Container[str]) -> Hold | None:
    """Return what an earlier roll-back holds but for `others`, each with the release it has."""
    if before is None:
        return None
    return before.on(
        {
            name: replace(each, release=before.release_of(name))
            for name, each in before.repos.items()
            if name not in others
        }
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
    noted in the hold, but for what it has of that; `ends` says where that is done.
    """
    if (hold := plan.releases or plan.keeps) and reached:
        named = {name: sha for name, sha in by_name(plan, hold).items() if name in reached}
        rest = hold.with_deployed(named, plan.asked_release, ends.done)
        rest = rest.on({n: e for n, e in rest.repos.items() if n in named or n not in reached})
        return {hold.stage: rest if rest.repos else None}
    before = plan.rolls_back.before if plan.rolls_back else None
    if sets_hold(plan):
        return {} if reached else {plan.target: before}
    if before and (freed := _freed(plan) & {*reached} & before.repos.keys()):
        left = {name: each for name, each in before.repos.items() if name not in freed}
        return {plan.target: before.on(left) if left else None}
    if plan.answers:
        return {plan.target: before}
    return {}


def left_held(plan: Plan, state: OperationState) -> Collection[str]:
    """Return the operations whose hold an unfinished roll-back may have left besides its own.

    Empty stands for none. As long as it has reached nothing, that is the hold with which its plan
    was made; afterwards what is left of that, if it sets none itself.
    """
    reached = reached_by(plan, state)
    if reached and sets_hold(plan):
        return ()
    left, seen = _left_of_before(plan, reached), plan.holds.get(plan.target)
    return {each.operation if each else "" for each in (left, seen)}


def leaves_held(report: Report) -> bool:
    """Return whether the stage is held after a roll-back: by it, or still by an earlier one."""
    plan, reached = report.plan, reached_in(report)
    return bool(reached and sets_hold(plan)) or _left_of_before(plan, reached) is not None


def _left_of_before(plan: Plan, reached: Collection[str]) -> Hold | None:
    """Return what a roll-back leaves of the hold that it found, if it does not replace that."""
    before = plan.rolls_back.before if plan.rolls_back else None
    return hold_changes(plan, reached).get(plan.target, before)


def sets_hold(plan: Plan) -> bool:
    """Return whether an operation holds its target: a roll-back that deploys old commits again."""
    return bool(plan.rolls_back and _redeployed(plan))


def by_name(plan: Plan, hold: Hold) -> Mapping[str, str]:
    """Return, by repository, the commits of a release that was asked for and is not the held one.

    A hold stays where one of them is deployed: its branch has what must not go out still.
    """
    if not plan.asked_release:
        return {}
    steps = ((repo.repo, step.sha) for repo in plan.repos for step in repo.deploys())
    return {n: sha for n, sha in steps if n in hold.repos and sha != hold.repos[n].bad}


def kept_held(plan: Plan) -> tuple[str, ...]:
    """Return the repositories to which a release is deployed by name, and that stay held."""
    hold = plan.releases or plan.keeps
    return tuple(by_name(plan, hold)) if hold else ()


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
    return _ends({o.repo: o.deployments for o in report.outcomes if o.plan.deploys()})


def ends_by(plan: Plan, state: OperationState) -> Ends:
    """Return the same, by how far an operation got."""
    deploying = (repo.repo for repo in plan.repos if repo.deploys())
    return _ends({name: [*state.of(name).deployments.values()] for name in deploying})


def _ends(deployments: Mapping[str, Collection[Deployment]]) -> Ends:
    """Return what these repositories' deployments, as far as they were started, say."""
    states = {repo: [each.state for each in own] for repo, own in deployments.items()}
    return Ends(
        over=frozenset(repo for repo, own in states.items() if not any(s.may_run for s in own)),
        done=frozenset(repo for repo, own in states.items() if own and all(s.good for s in own)),
    )


def _reached(outcome: Outcome) -> bool:
    if outcome.plan.deploys():
        return any(each.begun for each in outcome.deployments)
    return bool(outcome.after)
