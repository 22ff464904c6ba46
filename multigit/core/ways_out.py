"""How to go on where an operation is not finished: only what will be accepted is proposed."""

from __future__ import annotations

from collections.abc import Iterable

from multigit.core.deployment import Deployment, RunState
from multigit.core.journal import Story
from multigit.core.outcome import Report
from multigit.core.plan import State
from multigit.hints import Hint


def ways_out(story: Story) -> str:
    """Return what to do about an unfinished operation, as far as its journal tells."""
    plan = story.plan
    deployed = [tuple(known.values()) for known in story.deployments.values()]
    to_publish = sum(bool(repo.updates()) for repo in plan.repos)
    untouched = to_publish - sum(map(_begun, deployed))
    return Hint.FINISH_OR_UNDO if not plan.undoes and untouched > 0 else Hint.FINISH


def can_be_undone(report: Report) -> bool:
    """Tell whether `multigit undo` would take something back of what an operation left."""
    return not report.plan.undoes and any(
        bool(outcome.plan.updates()) and not _begun(outcome.deployments)
        for outcome in report.outcomes
        if outcome.state in {State.PUBLISHED, State.UNKNOWN} or outcome.partial
    )


def _begun(deployments: Iterable[Deployment]) -> bool:
    return any(each.state is not RunState.NOT_STARTED for each in deployments)
