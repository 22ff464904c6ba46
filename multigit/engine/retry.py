"""Reads from a remote, tried again when the network fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from multigit.core.values.listener import ShowActivity
from multigit.errors import GitError
from multigit.retry import Retry

T = TypeVar("T")

PASSING = {"unreachable", "connection_lost"}
READS = Retry(lambda error: isinstance(error, GitError) and error.code in PASSING)


def with_retry(read: Callable[[], T], *, show: ShowActivity) -> T:
    """Read, and try again after a pause when the network failed; `show` gets a text before it.

    Raises the last GitError when all tries failed, and at once one that no pause will fix.
    """
    return READS.read(read, notify=show)
