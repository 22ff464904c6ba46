"""A read that failed for a temporary reason is tried again, after pauses that double."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from multigit.retry import Retry


class BusyError(Exception):
    """A failure that may be temporary."""


def is_busy(error: BaseException) -> bool:
    """Return whether the failure may be temporary."""
    return isinstance(error, BusyError)


@dataclass
class Read:
    """A read that fails this many times, and the pauses between its tries."""

    failures: int
    tries: int = 0
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> str:
        """Fail or answer."""
        self.tries += 1
        if self.tries <= self.failures:
            raise BusyError(str(self.tries))
        return "answer"

    def policy(self) -> Retry:
        """Return a policy whose pauses are only recorded."""
        return Retry(is_busy, tries=4, pause=1.0, sleep=self.pauses.append)


def test_pauses_double() -> None:
    """Starting with the first one."""
    read = Read(failures=3)
    assert read.policy().read(read) == "answer"
    assert (read.tries, read.pauses) == (4, [1.0, 2.0, 4.0])


def test_the_last_error_is_raised_when_no_try_is_left() -> None:
    """There is no pause after it."""
    read = Read(failures=9)
    with pytest.raises(BusyError, match="4"):
        read.policy().read(read)
    assert (read.tries, len(read.pauses)) == (4, 3)


def test_another_error_is_raised_at_once() -> None:
    """It is not temporary."""
    read = Read(failures=1)
    with pytest.raises(BusyError):
        replace(read.policy(), passing=lambda _: False).read(read)
    assert (read.tries, read.pauses) == (1, [])


def test_each_pause_is_reported() -> None:
    """With the reason, and the number of tries."""
    read, texts = Read(failures=2), list[str]()
    read.policy().read(read, notify=texts.append)
    assert texts == ["trying again: 1", "try 3 of 4"]
