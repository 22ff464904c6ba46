"""What a stage has of each repository: by the log, unless tags or a hold know better."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.records.deployed_now import DeployedNow, deployed_now
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.values.hold import HeldRepo, Hold

NOON = 1_736_942_400  # 2025-01-15T12:00:00Z
OURS = {
    "api": LastDeployment("deploy-1", "2025-01-15T12:05:00Z", "succeeded", "20250115T120000Z-x")
}
HOLD = Hold(
    *("main", "20250115T130000Z-rollback-main-1", "deploy-0", "deploy-1", "Ada", "desk"),
    *("2025-01-15T13:00:00Z", "it fails", {"api": HeldRepo("old", "tip")}),
)


def now(newest: int, hold: Hold | None = None, *, failed: bool = False) -> DeployedNow:
    """Return what main has of api, whose newest deploy tag was made then."""
    succeeded = {} if failed else {"api": "ours"}
    return deployed_now(["api"], OURS, succeeded, {"api": newest}, hold)


def test_the_last_deployment_counts_if_no_release_came_since() -> None:
    """Its own tag is as old as the operation itself."""
    assert now(NOON) == DeployedNow({"api": "ours"}, frozenset({"api"}))


def test_a_newer_tag_shows_that_someone_else_released() -> None:
    """So it has the tip, and nothing is known against that."""
    assert now(NOON + 1) == DeployedNow({}, frozenset({"api"}))


def test_what_failed_here_is_not_settled() -> None:
    """It is deployed again, even if it goes back to the tip."""
    assert now(NOON, failed=True) == DeployedNow({}, frozenset())


def test_a_hold_says_what_is_deployed_on_every_machine() -> None:
    """If it was not deployed from here, no one here saw it succeed."""
    assert now(NOON, HOLD) == DeployedNow({"api": "old"}, frozenset())


def test_where_nothing_is_known_it_has_the_tip() -> None:
    """As on a fresh machine."""
    assert deployed_now(["api"], {}, {}, {}, None) == DeployedNow({}, frozenset({"api"}))


def test_where_a_roll_back_was_not_finished_the_stage_may_have_anything() -> None:
    """What was there before is likely: the tip, or what was deployed from here."""
    unfinished = replace(HOLD, left=("api",))
    assert now(NOON + 1, unfinished) == DeployedNow({}, frozenset())
    assert now(NOON, unfinished) == DeployedNow({"api": "ours"}, frozenset())
    same = replace(unfinished, repos={"api": HeldRepo("ours", "tip")})
    assert now(NOON, same) == DeployedNow({"api": "ours"}, frozenset())


def test_what_was_seen_to_come_back_has_come_back() -> None:
    """By the machine that rolled it back, although the hold does not say so."""
    seen = replace(HOLD, left=("api",), operation=OURS["api"].operation)
    seen = replace(seen, repos={"api": HeldRepo("ours", "tip")})
    assert now(NOON, seen) == DeployedNow({"api": "ours"}, frozenset({"api"}))


def test_what_another_machine_let_go_on_is_not_known_here() -> None:
    """It was rolled back here, and its hold is gone: the tip may be deployed."""
    back = {"api": replace(OURS["api"], held=True)}
    assert deployed_now(["api"], back, {"api": "old"}, {}, None) == DeployedNow({}, frozenset())
    known = deployed_now(["api"], back, {"api": "old"}, {}, HOLD)
    assert known == DeployedNow({"api": "old"}, frozenset({"api"}))
