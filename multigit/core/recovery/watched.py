"""The state of an operation whose deployments are watched; its remotes are not read."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Outcome
from multigit.core.recovery.closed import UNDONE
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem


def watched(
    operation: Operation,
    repo: RepoPlan,
    seen: Sequence[Deployment],
    logged: State | None = None,
) -> Outcome:
    """Return the outcome of a repository after its deployments were polled again.

    A deployment that had ended keeps its recorded state. `logged` is the repository's state in the
    log, which knows how a closed operation ended, and what was undone since.
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
            if state is State.PUBLISHED and logged is State.NOT_PUBLISHED:
                problems = (*problems, UNDONE)
            state = logged
        elif state is State.UNKNOWN:
            problems = (*problems, end_not_noted(operation, repo))
    deployments = known_deployments(repo, news) if news else ()
    return Outcome(repo, state, progress.made, problems, deployments=deployments)


def noted_state(operation: Operation, repo: RepoPlan) -> State:
    """Return the state of a repository according to the journal."""
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
        return Problem("outcome_unknown", "a push began, and its result is not recorded yet.")
    in_part = "the remote did not have all of it when it was last read."
    return Problem("outcome_unknown", in_part)
