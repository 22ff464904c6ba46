"""Retry: a read that failed for a passing reason is tried again; a write never is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try a read again: after which errors, how many times, and after which pause.

    `passing` says whether an error may pass by itself. `pause` is in seconds, and doubles with each
    further try.
    """

    passing: Callable[[BaseException], bool]
    tries: int = 3
    pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep

    def read(self, read: Callable[[], T], *, notify: Callable[[str], None] = lambda _: None) -> T:
        """Return what `read` returns; `notify` gets a text before each pause.

        Raises the last error, or the first one that will not pass.
        """
        try:
            return read()
        except Exception as error:
            if not self.passing(error):
                raise
            failed = error
        return self._retry(read, failed, notify)  # out here, so as not to be the last one's context

    def _retry(self, read: Callable[[], T], failed: Exception, notify: Callable[[str], None]) -> T:
        """Make the tries after the one that failed."""
        import tenacity  # 20 ms, since it imports asyncio: usually nothing needs it

        first_failure = iter((failed,))

        def attempt() -> T:
            for error in first_failure:
                raise error
            return read()

        def before_sleep(state: RetryCallState) -> None:
            number = state.attempt_number
            again = number == 1
            notify(f"trying again: {failed}" if again else f"try {number + 1} of {self.tries}")

        def wait(state: RetryCallState) -> float:
            return self.pause * 2.0 ** (state.attempt_number - 1)

        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.tries),
            wait=wait,
            retry=tenacity.retry_if_exception(self.passing),
            before_sleep=before_sleep,
            sleep=self.sleep,
            reraise=True,
        )(attempt)
