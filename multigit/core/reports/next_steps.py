"""What to do if not all deployments of an operation succeeded, or some are still running."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from shlex import quote

from multigit.core.planning.overrides import OVERRIDABLE, deploying_again
from multigit.core.planning.plan import STAYS_NEWER, State
from multigit.core.progress.outcome import Report
from multigit.core.values.deployment import RunState
from multigit.core.values.text import chosen
from multigit.hints import Hint

NAMED = 3  # repositories in a command, at most
NOT_AGAIN = {"deployed_since", "locked", "unfinished_operation"}  # codes of reasons not to deploy


def deployments_hint(report: Report) -> str:
    """Return what to do if not all deployments succeeded."""
    deployments = [each for outcome in report.outcomes for each in outcome.deployments]
    states, which = {each.state for each in deployments}, which_operation(report.called)
    if any(each.state is RunState.WAITING and each.status.mine for each in deployments):
        return Hint.APPROVE.format(which=which)
    if any(state.may_run for state in states - {RunState.UNKNOWN}):
        return _running(report, states, which)
    if RunState.UNKNOWN in states:
        return _unknown(report, which)
    if report.unfinished:
        return Hint.DEPLOY_CONTINUE if any(s.bad for s in states) else Hint.FINISH_WAVES
    if report.open:
        return Hint.UNFINISHED
    return _again(report, which, unhealthy=RunState.UNHEALTHY in states)


def _unknown(report: Report, which: str) -> str:
    """Return how to look for what is unknown, and how to start it again if it can be requested."""
    if not report.unfinished:
        return Hint.UNKNOWN_WATCH.format(which=which)
    lost = [o for o in report.outcomes if any(d.state is RunState.UNKNOWN for d in o.deployments)]
    by_push = all(step.runner.by_push for outcome in lost for step in outcome.plan.deploys())
    return Hint.FINISH if by_push else Hint.UNKNOWN_CONTINUE


def _running(report: Report, states: AbstractSet[RunState], which: str) -> str:
    """Return how to watch what is running, without doing what else is left of the operation."""
    if not report.unfinished:
        return Hint.RUNNING_WATCH.format(which=which)
    more = report.count(State.NOT_PUBLISHED, State.FAILED, State.UNKNOWN)
    if more or RunState.NOT_STARTED in states or any(s.bad and s.has_result for s in states):
        return Hint.RUNNING_AND_MORE.format(which=which)
    return Hint.RUNNING_CONTINUE


def _again(report: Report, which: str, *, unhealthy: bool) -> str:
    """Return how to repeat deployments of a closed operation that did not succeed."""
    bad = [o.plan for o in report.outcomes if any(each.state.bad for each in o.deployments)]
    ways = [step.runner for repo in bad for step in repo.deploys()]
    if ways and all(each.by_push for each in ways):
        hint = Hint.HEALTH_OR_RERUN if unhealthy else Hint.RERUN
        return hint.format(host=ways[0].host, which=which)
    if not ways or any(problem.code in NOT_AGAIN for problem in report.problems):
        return ""
    if any(repo.redeploys() for repo in bad):
        asked = _rolled_back_again(report)
        return Hint.ROLL_BACK_AGAIN.format(stage=report.plan.target, asked=asked)
    hint = Hint.HEALTH_OR_DEPLOY if unhealthy else Hint.DEPLOY_FAILED
    stage, release, repos = report.plan.target, report.plan.asked_release, _named(report)
    asked = f"{f' {quote(release)}' if release else ''}{deploying_again(report.plan.accepted)}"
    return hint.format(stage=stage, asked=asked, repos=repos, which=which)


def _rolled_back_again(report: Report) -> str:
    """Return the arguments with which a roll-back is repeated, after the stage.

    Where it went back already, nothing happens then.
    """
    plan = report.plan
    back = plan.rolls_back
    if back is None:
        return ""
    narrowed = any(p.code == STAYS_NEWER for repo in plan.repos for p in repo.problems)
    repos = chosen(repo.repo for repo in plan.repos if not repo.absent) if narrowed else ""
    notes = [each for each in plan.accepted if each.code in OVERRIDABLE]
    codes = "".join(f" --override {code}" for code in dict.fromkeys(each.code for each in notes))
    why = back.why or next((each.reason for each in notes), "")
    reason = f" --reason {quote(' '.join(why.split()))}" if why else ""
    return f"{quote(back.to)}{repos}{codes}{reason}"


def _named(report: Report) -> str:
    """Return the options that name what was not deployed: others may have failed there before.

    Empty if there are many, all of which `--failed` can deploy: what only a push deploys is not.
    """
    left = [o for o in report.outcomes if any(not each.state.good for each in o.deployments)]
    free = [o for o in left if not any(step.runner.by_push for step in o.plan.deploys())]
    if free == left and len(left) > NAMED:
        return ""
    return chosen(outcome.repo for outcome in free)


def which_operation(called: str) -> str:
    """Return what follows a command that acts on an operation: its name after a blank, if any."""
    return f" {called}" if called else ""


def running_hint(report: Report) -> str:
    """Return how to watch deployments if the command did not wait for them."""
    running = any(not each.state.over for o in report.outcomes for each in o.deployments)
    return Hint.WATCH if running else ""
