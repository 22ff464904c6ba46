"""What the remotes say about pushes that began and whose result was not recorded."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, state_of


def landed(operation: Operation, remotes: Mapping[str, RemoteState]) -> tuple[str, ...]:
    """Return the repositories whose open push turns out to be published."""
    return tuple(
        repo.repo
        for repo in operation.plan.repos
        if repo.repo in operation.state.flights
        and repo.repo in remotes
        and state_of(repo, remotes[repo.repo]) is State.PUBLISHED
    )
