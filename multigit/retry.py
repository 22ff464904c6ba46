"""Retry: a read that failed by what may pass is made again; a write never is."""

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
    """When a read is made again: after which errors, how many tries there are, after which pause.

    `pause` is in seconds, doubled for each further try; `asked` is what the other side asks for
    with its error, where that is longer.
    """

    passing: Callable[[BaseException], bool]
    tries: int = 3
    pause: float = 0.5
    asked: Callable[[BaseException], float] = lambda _: 0.0
    sleep: Callable[[float], None] = time.sleep

    def read(self, read: Callable[[], T], *, tell: Callable[[str], None] = lambda _: None) -> T:
        """Read; `tell` hears of each pause. Raises the last error, or one that does not pass."""
        try:
            return read()
        except Exception as error:
            if not self.passing(error):
                raise
            failed = error
        return self._again(read, failed, tell)  # out here, so that it is no context of the last

    def _again(self, read: Callable[[], T], failed: Exception, tell: Callable[[str], None]) -> T:
        """Make the tries after the one that failed."""
        import tenacity  # 20 ms, since it imports asyncio: a good day does not need that

        begun = iter((failed,))

        def attempt() -> T:
            for error in begun:
                raise error
            return read()

        def say(state: RetryCallState) -> None:
            number = state.attempt_number
            tell(f"trying again: {failed}" if number == 1 else f"try {number + 1} of {self.tries}")

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            doubled = self.pause * 2.0 ** (state.attempt_number - 1)
            return max(doubled, self.asked(error) if error else 0.0)

        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.tries),
            wait=wait,
            retry=tenacity.retry_if_exception(self.passing),
            before_sleep=say,
            sleep=self.sleep,
            reraise=True,
        )(attempt)
