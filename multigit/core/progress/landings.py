"""What the remotes say of pushes that were begun and whose end nobody noted."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, state_of


def landed(operation: Operation, remotes: Mapping[str, RemoteState]) -> tuple[str, ...]:
    """Return the repositories whose push was begun and, as is seen now, has arrived."""
    return tuple(
        repo.repo
        for repo in operation.plan.repos
        if repo.repo in operation.state.flights
        and repo.repo in remotes
        and state_of(repo, remotes[repo.repo]) is State.PUBLISHED
    )
