"""What to do about an unfinished operation: only commands that will be accepted are proposed."""

from __future__ import annotations

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Report
from multigit.core.values.problem import Problem, Severity
from multigit.hints import Hint

MAYBE_PUBLISHED = {State.PUBLISHED, State.UNKNOWN}


def ways_out(operation: Operation) -> str:
    """Return the hint for an unfinished operation, by its journal.

    Undo is proposed if nothing was deployed, or if a repository without a deployment may be
    published.
    """
    plan, state = operation.plan, operation.state
    deployed = {repo for repo, each in state.repos.items() if each.maybe_deployed}
    to_undo = {repo.repo for repo in plan.repos if repo.updates()}
    if deployed:
        published = {repo for repo, each in state.repos.items() if each.settled in MAYBE_PUBLISHED}
        to_undo &= published | state.flights.keys()
    return Hint.FINISH_OR_UNDO if not plan.undoes and to_undo - deployed else Hint.FINISH


def can_be_undone(report: Report) -> bool:
    """Return whether `multigit undo` would undo something of an unfinished operation."""
    return not report.plan.undoes and any(
        bool(outcome.plan.updates()) and not any(d.maybe_deployed for d in outcome.deployments)
        for outcome in report.outcomes
        if outcome.state in MAYBE_PUBLISHED or outcome.partial
    )


def only_the_record(plan: Plan, before: Plan) -> Problem:
    """Return what is left of an unfinished operation whose `plan` has nothing more to do.

    The plan may have skipped what was still to do in the plan `before`.
    """
    to_do = {repo.repo for repo in before.planned()}
    skipped = [r.repo for r in plan.repos if r.state is State.SKIPPED and r.repo in to_do]
    if skipped:
        message = f"Nothing of {plan.operation} is left to do without {', '.join(skipped)}."
        return Problem("only_the_record", message, Hint.CLOSE_WITHOUT, Severity.WARN)
    message = f"All of {plan.operation} has ended. Only its record is left to write."
    return Problem("only_the_record", message, Hint.CLOSE, Severity.WARN)


def only_to_close(operation: str) -> Problem:
    """Return that an unfinished operation has nothing to undo and only has to be closed."""
    message = f"Nothing of {operation} is on the remotes. It only has to be closed."
    return Problem("only_to_close", message, Hint.CLOSE_UNDONE, Severity.WARN)
