"""Reads are retried if the network fails; errors that a retry cannot fix are raised at once."""

from __future__ import annotations

import pytest

from multigit.engine.retry import PASSING, READS, with_retry
from multigit.errors import GitError


class Reading:
    """A read that fails a few times and then succeeds."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.tries = 0
        self.told: list[str] = []

    def __call__(self) -> str:
        """Fail or answer."""
        self.tries += 1
        if self.failures:
            raise GitError(f"failed by {self.failures[0]}.", code=self.failures.pop(0))
        return "answer"

    def read(self) -> str:
        """Read with retries."""
        return with_retry(self, show=self.told.append)


def test_a_good_day_needs_one_try() -> None:
    """Nothing is shown."""
    reading = Reading()
    assert reading.read() == "answer"
    assert (reading.tries, reading.told) == (1, [])


@pytest.mark.parametrize("code", sorted(PASSING))
def test_a_network_failure_passes(code: str) -> None:
    """The read succeeds at the last try, and each retry is shown."""
    reading = Reading(*[code] * (READS.tries - 1))
    assert reading.read() == "answer"
    assert reading.tries == READS.tries
    assert len(reading.told) == READS.tries - 1
    assert reading.told[0] == f"trying again: failed by {code}."


def test_the_last_failure_is_raised() -> None:
    """No tries are left."""
    reading = Reading(*["unreachable"] * READS.tries, "later")
    with pytest.raises(GitError, match="failed by unreachable"):
        reading.read()
    assert reading.tries == READS.tries


@pytest.mark.parametrize("code", ["authentication", "remote_missing", "timeout", "git"])
def test_other_failures_are_raised_at_once(code: str) -> None:
    """A wrong password or a timeout is not retried."""
    reading = Reading(code)
    with pytest.raises(GitError):
        reading.read()
    assert (reading.tries, reading.told) == (1, [])


def test_a_second_failure_of_another_kind_is_raised() -> None:
    """It is not retried."""
    reading = Reading("connection_lost", "authentication")
    with pytest.raises(GitError, match="failed by authentication"):
        reading.read()
    assert reading.tries == 2


def test_a_bug_is_not_tried_again() -> None:
    """It is raised as is."""

    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_retry(broken, show=lambda _: None)
