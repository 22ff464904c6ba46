"""Reads from a remote are tried again when the network fails; writes never are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from multigit.errors import GitError

T = TypeVar("T")
Tell = Callable[[str], None]

PASSING = {"unreachable", "connection_lost"}
TRIES = 3
FIRST_WAIT = 0.5  # seconds, doubled for each further try


def patiently(read: Callable[[], T], *, tell: Tell) -> T:
    """Read, and try again after a pause when the network failed; `tell` hears of each pause.

    Raises the last GitError when all tries failed, and at once one that no pause will mend.
    """
    try:
        return read()
    except GitError as error:
        if error.code not in PASSING:
            raise
        tell(f"trying again: {error.message}")
    time.sleep(FIRST_WAIT)
    return _try_again(read, tell)


def _try_again(read: Callable[[], T], tell: Tell) -> T:
    """Make the remaining tries. Tenacity imports asyncio, which a good day does not need."""
    import tenacity

    def passing(error: BaseException) -> bool:
        return isinstance(error, GitError) and error.code in PASSING

    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(TRIES - 1),
        wait=tenacity.wait_exponential(multiplier=2 * FIRST_WAIT),
        retry=tenacity.retry_if_exception(passing),
        before_sleep=lambda state: tell(f"try {state.attempt_number + 2} of {TRIES}"),
        reraise=True,
    )(read)
