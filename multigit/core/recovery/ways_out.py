"""How to continue where an operation is not finished: only what will be accepted is proposed."""

from __future__ import annotations

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Report
from multigit.core.values.problem import Problem, Severity
from multigit.hints import Hint

THERE = {State.PUBLISHED, State.UNKNOWN}  # or may be


def ways_out(operation: Operation) -> str:
    """Return what to do about an unfinished operation, as far as its journal tells.

    It can be taken back where something may be published and was not deployed, and where nothing
    was deployed at all.
    """
    plan, state = operation.plan, operation.state
    deployed = {repo for repo, each in state.repos.items() if each.deployed}
    left = {repo.repo for repo in plan.repos if repo.updates()}
    if deployed:
        there = {repo for repo, each in state.repos.items() if each.settled in THERE}
        left &= there | state.flights.keys()
    return Hint.FINISH_OR_UNDO if not plan.undoes and left - deployed else Hint.FINISH


def can_be_undone(report: Report) -> bool:
    """Tell whether `multigit undo` would take something back of what an operation left."""
    return not report.plan.undoes and any(
        bool(outcome.plan.updates()) and not any(each.begun for each in outcome.deployments)
        for outcome in report.outcomes
        if outcome.state in THERE or outcome.partial
    )


def only_the_record(plan: Plan, before: Plan) -> Problem:
    """Return what is left of an unfinished operation, where `plan` has nothing more to do.

    That may be since it leaves out what was still to do in the plan `before`.
    """
    to_do = {repo.repo for repo in before.planned()}
    out = [r.repo for r in plan.repos if r.state is State.SKIPPED and r.repo in to_do]
    if out:
        message = f"Nothing of {plan.operation} is left to do without {', '.join(out)}."
        return Problem("only_the_record", message, Hint.CLOSE_WITHOUT, Severity.WARN)
    message = f"All of {plan.operation} has ended. Only its record is left to write."
    return Problem("only_the_record", message, Hint.CLOSE, Severity.WARN)


def only_to_close(operation: str) -> Problem:
    """Return what is left to undo of an unfinished operation that the remotes have nothing of."""
    message = f"Nothing of {operation} is on the remotes. It is only left to be closed."
    return Problem("only_to_close", message, Hint.CLOSE_UNDONE, Severity.WARN)
