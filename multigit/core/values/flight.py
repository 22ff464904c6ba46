"""A push as it is noted before it begins, so that whoever comes later knows if it may arrive.

Git that was started runs on when multigit is gone, and a server when git is gone. So a
remote that does not hold what was pushed proves nothing while one of them may be at work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from multigit.core.values.problem import Problem

SERVER_TIME = 30.0  # seconds that a server is given after the last moment at which git can be there


@dataclass(frozen=True, slots=True)
class Flight:
    """A push that was begun, of which nobody noted the end.

    `began` and `until` are Unix seconds: git is ended before `until`, and by then the server, too,
    is believed to have ended. Its processes hold a file that is locked meanwhile: `mark` names the
    file's identity on `host`. With `local` the server is one of these processes.
    """

    began: float
    until: float
    host: str
    mark: str
    local: bool = False


def flight(now: float, timeout: float, *, host: str, mark: str, local: bool) -> Flight:
    """Return the note of a push that begins now; git has `timeout` seconds for it."""
    return Flight(now, now + timeout + SERVER_TIME, host, mark, local)


def also(earlier: Flight | None, new: Flight) -> Flight:
    """Return the note of a push that begins while an earlier one may still be at work.

    What is seen of the new one tells of both only where they have one mark.
    """
    if earlier is None:
        return new
    both_seen = earlier.local and (earlier.host, earlier.mark) == (new.host, new.mark)
    until = max(new.until, earlier.until)
    return replace(new, until=until, local=new.local and both_seen)


def remaining(each: Flight, now: float) -> float:
    """Return for how many seconds it may still arrive if none of its processes can be seen.

    A clock that was set back does not make it longer than it was at the beginning.
    """
    return max(0.0, min(each.until - now, each.until - each.began))


def push_under_way(each: Flight) -> Problem:
    """Return that the end of a push is not known yet."""
    until = datetime.fromtimestamp(each.until, UTC)
    return Problem(
        "push_under_way",
        "it is unknown whether this is published: its push may still arrive, "
        f"until {until:%H:%M:%S} UTC at the latest.",
        "Wait a moment, then run the command again.",
    )
