"""Pushes whose end was not seen: whether they may still publish something, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.remote_state import RemoteState, state_of
from multigit.core.values.flight import Flight, push_under_way, remaining
from multigit.core.values.listener import ShowActivity
from multigit.core.values.workspace import Workspace
from multigit.engine.ports import Git, Repository
from multigit.errors import MultigitError

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between two reads of a remote, doubled each time


def may_be_pushing(repository: Repository, flight: Flight) -> bool:
    """Return whether a push may still be running: it has time left, and was not seen to end.

    After that time, what still holds its mark is not the push, but something that git started and
    that stays, such as a helper that remembers passwords.
    """
    return remaining(flight, time.time()) > 0 and repository.in_flight(flight) is not False


def pending_pushes(
    git: Git, workspace: Workspace, flights: Mapping[str, Flight]
) -> Mapping[str, Flight]:
    """Return those of the pushes, by repository, that may still be running."""
    repos = {repo.name: repo for repo in workspace.repos}
    return {
        name: each
        for name, each in flights.items()
        if name in repos and may_be_pushing(git.repository(repos[name]), each)
    }


def read_after_push(
    repository: Repository | None,
    repo: RepoPlan,
    flight: Flight,
    read: Callable[[], RemoteState],
    *,
    wait: bool,
    show: ShowActivity,
) -> RemoteState:
    """Read a remote until no push that was started can change what it holds.

    That is at once if the remote holds all of the push, or a value that makes the push's lease
    fail. Without a `repository` it is unknown whether the push is still running. Without `wait` the
    state of a pending push has a problem. Raises the MultigitError of a remote that cannot be read
    when the time is over.
    """
    over, pause = time.monotonic() + remaining(flight, time.time()), FIRST_PAUSE
    while True:
        ended = repository is not None and repository.in_flight(flight) is False
        under_way = time.monotonic() < over and not ended
        try:
            state = read()  # only now: if the push has ended, its result is seen
        except MultigitError:
            if not (under_way and wait):
                raise
        else:
            if not under_way or state_of(repo, state) is not State.NOT_PUBLISHED:
                return state
            if not wait:
                return replace(state, problem=push_under_way(flight))
        show("waiting for a push that may still succeed")
        time.sleep(max(0.0, min(pause, over - time.monotonic())))
        pause = min(2 * pause, LONGEST_PAUSE)
