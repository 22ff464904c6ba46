"""A release as a person picks it from a list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from multigit.core.records.release_results import ReleaseResult
from multigit.core.records.releases import Release, Releases
from multigit.core.reports.release_words import release_cells
from multigit.core.values.mark import Mark, Quality

NOW = datetime(2025, 1, 15, 15, 0, tzinfo=UTC)
ONE = Release(
    "deploy-1", int(NOW.timestamp()) - 3600, "Ada <ada@example.com>",
    result=ReleaseResult(states={"api": "succeeded"}), message="release: VAT",
)  # fmt: skip
STAGE = Releases("main", (ONE,))


def ended(release: Release, releases: Releases = STAGE) -> str:
    """Return how a release went."""
    return release_cells(releases, release, {}, NOW)[-2]


def test_it_says_when_by_whom_and_what_would_wait() -> None:
    """The commits of all repositories count."""
    cells = release_cells(STAGE, ONE, {"api": 2, "web": 1}, NOW)
    assert cells == ("deploy-1", "1h ago", "Ada", "3 back", "deployed", "release: VAT")
    new = replace(ONE, time=int(NOW.timestamp()), who="")
    assert release_cells(STAGE, new, {"api": 1}, NOW)[1:4] == ("just now", "", "1 back")


def test_it_says_what_changes() -> None:
    """Nothing of that where the stage has it now: a commit that restores is not in its tag."""
    for back, said in (
        ({"api": 0, "web": 2}, "2 back"), ({"api": 0}, "forward"), ({}, "the same"),
    ):  # fmt: skip
        assert release_cells(STAGE, ONE, back, NOW)[3] == said
        assert release_cells(replace(STAGE, now=ONE.name), ONE, back, NOW)[3] == ""


def test_it_says_what_is_wrong_with_it() -> None:
    """A person's mark comes first, and that the stage has it now before that."""
    mark = Mark("deploy-1", "main", Quality.BAD, "Ada", "laptop", "2025-01-15", "fails")
    back = replace(ONE, is_rollback=True, back_to="deploy-0")
    assert ended(replace(ONE, mark=mark)) == "marked bad, deployed"
    assert ended(replace(ONE, mark=replace(mark, quality=Quality.GOOD))) == "marked good, deployed"
    assert ended(back) == "a roll-back, deployed"
    assert ended(replace(ONE, rolled_back="x")) == "rolled back, deployed"
    assert ended(ONE, replace(STAGE, now="deploy-1")) == "the stage has it now, deployed"
    for states, unhealthy, said in (
        ("unhealthy", True, "unhealthy"), ("failed", False, "failed"),
        ("not_started", False, "not started"), ("timed_out", False, "timed out"),
    ):  # fmt: skip
        result = ReleaseResult(states={"api": states}, unhealthy=unhealthy)
        assert ended(replace(ONE, result=result)) == said
    assert ended(replace(ONE, result=ReleaseResult())) == ""
