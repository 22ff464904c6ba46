"""Durations, exact or rounded, in words or abbreviated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from multigit.core.values.duration import age, briefly, in_words, roughly


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (1.5, "1.5 seconds"),
        (90, "90 seconds"),
        (60, "1 minute"),
        (1800, "30 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86_400, "24 hours"),
    ],
)
def test_words_are_exact(seconds: float, text: str) -> None:
    """The unit is the largest one that gives a whole number."""
    assert in_words(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (61, "1 minute"),
        (600, "10 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (100_000, "27 hours"),
        (200_000, "2 days"),
    ],
)
def test_rough_words_have_a_unit_that_fits_twice(seconds: int, text: str) -> None:
    """The number is rounded down."""
    assert roughly(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "one", "two"),
    [
        (0, "0s", "0s"),
        (59.4, "59s", "59s"),
        (59.6, "1min", "1min 0s"),
        (125, "2min", "2min 5s"),
        (3725, "1h", "1h 2min"),
        (90_000, "1d", "1d 1h"),
    ],
)
def test_briefly_is_in_units_that_follow_each_other(seconds: float, one: str, two: str) -> None:
    """It starts with the largest unit that fits, and leaves out smaller ones."""
    assert (briefly(seconds, units=1), briefly(seconds)) == (one, two)


@pytest.mark.parametrize(("ago", "text"), [(-5, "now"), (59, "now"), (300, "5min"), (7300, "2h")])
def test_an_age_is_in_one_unit(ago: int, text: str) -> None:
    """A time in the future, caused by a wrong clock, counts as now."""
    now = datetime(2025, 1, 15, tzinfo=UTC)
    assert age(int(now.timestamp()) - ago, now) == text
