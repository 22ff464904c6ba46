"""A push as it is recorded before it begins, so that a later command knows if it may still succeed.

Git keeps running when multigit is gone, and a server when git is gone. So while one of them may be
running, it proves nothing that the remote does not have what was pushed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from multigit.core.values.duration import MINUTE
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import utc
from multigit.phrase import phrase

SERVER_TIME = 30.0  # seconds that a server is given after git must have ended


@dataclass(frozen=True, slots=True)
class Flight:
    """A push that began, and whose end was not recorded.

    `began` and `until` are Unix seconds: git is ended before `until`, and by then the server is
    believed to have ended, too. While its processes run, they hold a lock on a file, whose identity
    on `host` is `mark`. With `local`, the server is one of these processes.
    """

    began: float
    until: float
    host: str
    mark: str
    local: bool = False


def flight(now: float, timeout: float, *, host: str, mark: str, local: bool) -> Flight:
    """Return the record of a push that begins now; git has `timeout` seconds for it."""
    return Flight(now, now + timeout + SERVER_TIME, host, mark, local)


def with_earlier(earlier: Flight | None, new: Flight) -> Flight:
    """Return the record of a push that begins while an earlier one may still be running.

    The processes of the new one stand for both only if the mark is the same.
    """
    if earlier is None:
        return new
    both_seen = earlier.local and (earlier.host, earlier.mark) == (new.host, new.mark)
    until = max(new.until, earlier.until)
    return replace(new, until=until, local=new.local and both_seen)


def remaining(each: Flight, now: float) -> float:
    """Return for how many seconds it may still succeed if its processes cannot be seen.

    A clock that was set back does not make that longer than it was at the beginning.
    """
    return max(0.0, min(each.until - now, each.until - each.began))


def push_under_way(each: Flight) -> Problem:
    """Return the problem of a push whose end is not known yet."""
    message = phrase(
        "it is unknown whether this is published: its push may still succeed, until {time} at the "
        "latest.",
        time=utc(ceil(each.until / MINUTE) * MINUTE),  # screens show no seconds
    )
    return Problem("push_under_way", message, "Wait a moment, then run the command again.")
