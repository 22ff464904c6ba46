"""How an operation stands whose deployments are looked at once more: the remotes are not asked."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Outcome
from multigit.core.recovery.closed import TAKEN_BACK
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem


def watched(
    operation: Operation,
    repo: RepoPlan,
    seen: Sequence[Deployment],
    logged: State | None = None,
) -> Outcome:
    """Return how a repository stands after its deployments were looked at once more.

    What ended before stays as it was noted then. `logged` is where it stands by the log, which
    knows the end of an operation that is over, and what was taken back since.
    """
    progress = operation.state.of(repo.repo)
    news = {each.target: each for each in seen}
    for target, before in progress.deployments.items():
        if target not in news or news[target].state is before.state:
            news[target] = before
    state, problems = repo.state, repo.problems
    if state in {State.PLANNED, State.PUBLISHED}:
        state = noted_state(operation, repo)
        if logged and repo.updates():
            problems = (*problems, TAKEN_BACK) if taken_back(state, logged) else problems
            state = logged
        elif state is State.UNKNOWN:
            problems = (*problems, end_not_noted(operation, repo))
    deployments = known_deployments(repo, news) if news else ()
    return Outcome(repo, state, progress.made, problems, deployments=deployments)


def taken_back(noted: State, logged: State) -> bool:
    """Tell whether what was published is not any more."""
    return noted is State.PUBLISHED and logged is State.NOT_PUBLISHED


def noted_state(operation: Operation, repo: RepoPlan) -> State:
    """Return where a repository stands as far as the journal knows."""
    progress = operation.state.of(repo.repo)
    if not repo.updates():
        return State.DEPLOYED if progress.deployments else State.NOT_PUBLISHED
    if progress.settled:
        return progress.settled
    if repo.repo in operation.state.flights or progress.begun:
        return State.UNKNOWN
    return State.PUBLISHED if progress.deployments else State.NOT_PUBLISHED


def end_not_noted(operation: Operation, repo: RepoPlan) -> Problem:
    """Return why it is unknown whether a repository is published."""
    if repo.repo in operation.state.flights:
        return Problem("outcome_unknown", "its push was begun, and its end is not noted yet.")
    in_part = "the remote did not have all of it when it was last asked."
    return Problem("outcome_unknown", in_part)
