"""Whether a push that nobody saw end may still arrive, and waiting until that is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from multigit.core.flight import Flight, push_under_way, remaining
from multigit.core.plan import RepoPlan, State
from multigit.core.standing import Standing, state_of
from multigit.engine.patience import Tell
from multigit.engine.ports import Repository

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between two looks at a remote, doubled each time


def may_arrive(repository: Repository, flight: Flight) -> bool:
    """Tell whether a push may still be at work: it is seen, or it cannot be and has time left."""
    seen = repository.in_flight(flight)
    return remaining(flight, time.time()) > 0 if seen is None else seen


def arrived(
    repository: Repository,
    repo: RepoPlan,
    flight: Flight,
    look: Callable[[], Standing],
    *,
    wait: bool,
    tell: Tell,
) -> Standing:
    """Look at a remote until no push that was begun can change any more what is seen there.

    That is at once where the remote holds all of it, or what makes the push's lease fail. Without
    `wait`, or when its time is over and it has not ended, the standing has a problem.
    """
    over, pause = time.monotonic() + remaining(flight, time.time()), FIRST_PAUSE
    while True:
        late, seen = time.monotonic() >= over, repository.in_flight(flight)
        under_way = not late if seen is None else seen
        there = look()  # only now: if it has ended, its end is seen
        if not under_way or state_of(repo, there) is not State.NOT_PUBLISHED:
            return there
        if late or not wait:
            return replace(there, problem=push_under_way(flight, late=late))
        tell("waiting for a push that may still arrive")
        time.sleep(max(0.0, min(pause, over - time.monotonic())))
        pause = min(2 * pause, LONGEST_PAUSE)
