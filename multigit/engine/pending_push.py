"""Whether a push that nobody saw end may still arrive, and waiting until that is known."""

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

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between two looks at a remote, doubled each time


def may_be_pushing(repository: Repository, flight: Flight) -> bool:
    """Tell whether a push may still be at work: it has time left, and is not seen to have ended.

    When its time is over, what still holds its mark is no push: it is something that git or the
    server started, and that stays, such as a helper that remembers passwords.
    """
    return remaining(flight, time.time()) > 0 and repository.in_flight(flight) is not False


def pending_pushes(
    git: Git, workspace: Workspace, flights: Mapping[str, Flight]
) -> Mapping[str, Flight]:
    """Return those of the pushes, by repository, that may still arrive."""
    repos = {repo.name: repo for repo in workspace.repos}
    return {
        name: each
        for name, each in flights.items()
        if name in repos and may_be_pushing(git.repository(repos[name]), each)
    }


def read_after_push(
    in_flight: Callable[[], bool | None],
    repo: RepoPlan,
    flight: Flight,
    read: Callable[[], RemoteState],
    *,
    wait: bool,
    show: ShowActivity,
) -> RemoteState:
    """Look at a remote until no push that was begun can change any more what is seen there.

    That is at once where the remote holds all of it, or what makes the push's lease fail. `sight`
    tells whether the push is seen, None where that cannot be told. Without `wait` its state has
    a problem. Raises the MultigitError of a remote that cannot be read when the time is over.
    """
    over, pause = time.monotonic() + remaining(flight, time.time()), FIRST_PAUSE
    while True:
        under_way = time.monotonic() < over and in_flight() is not False
        try:
            state = read()  # only now: if it has ended, its end is seen
        except MultigitError:
            if not (under_way and wait):
                raise
        else:
            if not under_way or state_of(repo, state) is not State.NOT_PUBLISHED:
                return state
            if not wait:
                return replace(state, problem=push_under_way(flight))
        show("waiting for a push that may still arrive")
        time.sleep(max(0.0, min(pause, over - time.monotonic())))
        pause = min(2 * pause, LONGEST_PAUSE)
