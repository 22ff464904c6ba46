"""A release in a line of the list from which one is picked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from multigit.core.records.release_results import ReleaseResult
from multigit.core.records.releases import Release, Releases
from multigit.core.reports.release_words import release_line
from multigit.core.values.mark import Mark, Quality

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)
AT = int(NOW.timestamp()) - 2 * 3600
RELEASE = Release("r-1", AT, "Ada <ada@example.com>")
GOOD = ReleaseResult(whole=True, states={"api": "succeeded"})
BACK = {"api": 2, "web": 0}


def line(release: Release, now: str = "r-2", back: dict[str, int] = BACK) -> str:
    """Return the line of a release, two hours after it."""
    return release_line(Releases("main", (release,), now), release, back, NOW)


def mark(quality: Quality) -> Mark:
    """Return a mark of the release."""
    return Mark("r-1", "main", quality, "Ada", "host", "2025-01-15T11:00:00Z", "slow")


@pytest.mark.parametrize(
    ("release", "facts"),
    [
        (RELEASE, ""),
        (replace(RELEASE, result=GOOD), ", deployed"),
        (replace(RELEASE, mark=mark(Quality.BAD), result=GOOD), ", marked bad, deployed"),
        (replace(RELEASE, mark=mark(Quality.GOOD)), ", marked good"),
        (replace(RELEASE, rolled_back="op-1"), ", rolled back"),
        (replace(RELEASE, is_rollback=True), ", a roll-back"),
        (replace(RELEASE, is_rollback=True, back_to="r-0"), ", a roll-back to r-0"),
        (replace(RELEASE, result=ReleaseResult(states={"api": "timed_out"})), ", timed out"),
    ],
)
def test_it_says_how_the_release_went(release: Release, facts: str) -> None:
    """As far as that is known, and what would wait behind it."""
    waits = "2 commits in 1 repository would wait"
    assert line(release) == f"r-1 · 2h ago by Ada{facts}, {waits}"


def test_health_is_told() -> None:
    """Also that it was bad, whatever the deployment said."""
    ill = replace(GOOD, unhealthy=True)
    assert ", unhealthy, " in line(
        replace(RELEASE, result=replace(ill, states={"api": "unhealthy"}))
    )


def test_what_the_stage_has_is_said() -> None:
    """Nothing would wait behind it."""
    assert line(RELEASE, now="r-1") == "r-1 · 2h ago by Ada, the stage has it now"


def test_a_release_of_this_moment_by_no_one() -> None:
    """Without a name, and without `ago`."""
    release = Release("r-1", int(NOW.timestamp()))
    assert line(release, back={}) == "r-1 · just now, 0 commits in 0 repositories would wait"
