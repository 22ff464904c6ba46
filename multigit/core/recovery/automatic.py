"""Automatic roll-backs: whether what a failed operation deployed goes back by itself, and to what.

A stage asks for them with `on_unhealthy = "rollback"`. No one is asked, so nothing may be unknown:
each deployment has ended, and it is known how. Where a person ended one, by cancelling or rejecting
it, that person has decided something already, and decides about the rest, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.overrides import IRREVERSIBLE
from multigit.core.planning.plan import Plan, State
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.records.releases import Release, Releases
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import shortened
from multigit.core.values.workspace import OnUnhealthy, Workspace
from multigit.hints import Hint

NOT_ROLLED_BACK = "not_rolled_back"
INTERRUPTED = "the operation was interrupted."
FORWARD = {"promote", "push", "deploy"}
OVERRIDING = f' --override {IRREVERSIBLE} --reason "why"'


def calls_for_roll_back(report: Report, workspace: Workspace) -> bool:
    """Return whether the configuration asks to roll back what an operation deployed.

    That is after a promotion, a push that promotes, or a deployment of what the stage has, and only
    for a command that waited for the end. Where a person named the release, and after a roll-back,
    nothing happens by itself.
    """
    plan = report.plan
    if plan.command not in FORWARD or plan.asked_release or plan.rolls_back or not plan.wait:
        return False
    stages = {stage.name for stage in workspace.stages if _rolls_back(stage.on_unhealthy)}
    return plan.target in stages and any(each.state.bad for _, each in _deployments(report))


def unknown_in(report: Report) -> str:
    """Return what is not known about how an operation ended, as a sentence, or empty."""
    if report.interrupted:
        return INTERRUPTED
    for each in report.outcomes:
        if each.state is State.UNKNOWN:
            return f"it is unknown whether {each.repo} is published."
        if each.partial:
            return f"{each.repo} is only partly published."
    unsure = (outcome.repo for outcome, each in _deployments(report) if each.state.may_run)
    repo = next(unsure, "")
    return f"it is unknown how the deployment of {repo} ends." if repo else ""


def ended_by_person(report: Report) -> str:
    """Return what a person has ended, as a sentence, or empty: then people decide what follows."""
    for outcome, each in _deployments(report):
        if each.state is RunState.CANCELLED:
            return f"the deployment of {outcome.repo} was cancelled."
        if each.state.bad and each.status.rejected:
            return f"the deployment of {outcome.repo} was rejected."
    return ""


def to_go_back(report: Report) -> Mapping[str, str]:
    """Return the commit that an operation deployed, or may have, by repository."""
    return {
        each.repo: each.after
        for each in report.outcomes
        if each.after and any(one.maybe_deployed for one in each.deployments)
    }


def only_published(report: Report) -> Mapping[str, str]:
    """Return the tip of before, by repository, where an operation published and deployed nothing.

    There the stage has that still, and what the branch has is part of the bad release.
    """
    back = to_go_back(report)
    return {
        each.repo: each.plan.before
        for each in report.outcomes
        if each.after and each.deployments and each.plan.before and each.repo not in back
    }


def last_good_before(plan: Plan, releases: Releases, deployed: Mapping[str, str]) -> Release | None:
    """Return the last good release before what an operation deployed.

    A promotion made a release of its own, which the log does not know yet. A deployment had the
    release that the stage has, or commits that were pushed by hand since: then that one is earlier.
    """
    if plan.command != "deploy":
        return releases.last_good(plan.release or plan.operation)
    now = releases.find(releases.now).repos if releases.now else {}
    known = {repo: now[repo].sha for repo in deployed if repo in now and now[repo].sha}
    same = all(sha == deployed[repo] for repo, sha in known.items())
    return releases.last_good("" if same else plan.operation)


def reason_of(report: Report) -> str:
    """Return why the stage goes back: which operation failed, and where."""
    found = _deployments(report)
    failed = dict.fromkeys(o.repo for o, each in found if each.state is RunState.FAILED)
    ill = dict.fromkeys(o.repo for o, each in found if each.state is RunState.UNHEALTHY)
    parts = [f"{name} was not deployed" for name in failed if name not in ill]
    parts += [f"{name} is unhealthy" for name in ill]
    return f"{report.plan.operation} failed: {shortened(tuple(parts))}"


def blocked_by(plan: Plan) -> str:
    """Return why a roll-back cannot be done, as a sentence."""
    for repo in plan.repos:
        for problem in repo.problems:
            if problem.blocks:
                return f"{repo.repo}: {problem.message}"
    return "it has what it would go back to."


def not_rolled_back(report: Report, why: str, back: Plan | None = None) -> Problem:
    """Return the problem that a stage was not rolled back by itself, with what a person can type.

    `back` is the roll-back that is blocked, if there is a plan.
    """
    stage = report.plan.target
    codes = {each.code for repo in back.repos for each in repo.problems} if back else set()
    hint = Hint.ABANDON_AND_ROLL_BACK if report.unfinished else Hint.ROLL_BACK
    typed = hint.format(stage=stage, overriding=OVERRIDING if IRREVERSIBLE in codes else "")
    message = f"{stage} was not rolled back: {why}"
    return Problem(NOT_ROLLED_BACK, message, typed, Severity.WARN)


def _rolls_back(on_unhealthy: OnUnhealthy) -> bool:
    return on_unhealthy is OnUnhealthy.ROLLBACK


def _deployments(report: Report) -> tuple[tuple[Outcome, Deployment], ...]:
    return tuple((outcome, each) for outcome in report.outcomes for each in outcome.deployments)
