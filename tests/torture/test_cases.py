"""The fast part of the campaign: one case of each kind. For all others: python -m tests.torture."""

from __future__ import annotations

import pytest

from tests.torture import faults, kills
from tests.torture.campaign import PLAYS
from tests.torture.cases import Case, Workshop

CASES = (
    "git/promote/fetch-2/after/continue",
    "git/promote/commit-tree-3/after/continue",
    "git/promote/push-1/before/continue",
    "git/promote/push-3/orphan/continue",
    "git/promote/push-3/after/undo",
    "git/promote/push-2/before/abandon",
    "git/promote-locked/push-5/before/continue",
    "git/push/push-2/after/continue",
    "git/backmerge/push-2/before/continue",
    "git/undo/push-2/after/continue",
    "child/promote/push-2/after",
    "edge/promote/write-1/half/continue",
    "edge/undo-unfinished/replace-1/before/continue",
    "edge/rollback/replace-1/before/continue",
    "git/rollback-locked/push-2/after/continue",
    "holds/rollback-locked/refused/1",
    "strace/promote/fsync/4",
    "server/promote/web/committed",
    "server/one/api/rename-2/cleaned",
    "edge/github/write-9/before/continue",
    "request/github/start-2/before",
    "request/github/start-3/after/search-1/before",
    "request/github/health-3/after",
    "edge/command/write-7/before/continue",
    "git/command/checkout-index-2/after/continue",
    "script/command/begin/web/nrt",
    "cut/promote/web/push/2/request/700/cut/once",
    "cut/promote/web/push/2/answer/0/cut/once",
    "cut/promote/web/fetch/3/answer/0/cut/once",
    "cut/promote-locked/db/release/1/request/0/cut/once",
    "rivals/promote/local",
    "rivals/promote-locked/race/0",
    "rivals/promote-locked/not-stolen",
    "signal/promote/mid-push/int",
    "signal/promote/second/int",
    "signal/promote-locked/git/push-5/after",
    "colleague/promote/web/stg/mktag-3/after/push",
    "colleague/promote/web/stg/push-3/after/push-and-kill",
    "scarce/promote/disk/push-1",
    "scarce/promote/write/write-3",
    "scarce/promote/descriptors/64",
    "other/continue/clock-back",
)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_lost_and_nothing_is_lied_about(workshop: Workshop, name: str) -> None:
    """The fault occurs, and every invariant holds afterwards."""
    case = Case.named(name)
    if case.family == "strace" and not kills.STRACE:
        pytest.skip("strace is not installed")
    if "rename-" in name and not kills.STRACE:
        pytest.skip("strace is not installed")
    if "disk" in case.fault and not faults.can_mount():
        pytest.skip("only root may mount a small disk")
    verdict = PLAYS[case.family](workshop, case)
    assert verdict.fired, verdict.note
    assert not verdict.violations, "\n".join(verdict.violations)
