"""Campaigns that were once silently wrong, in multigit or in a sketch of what it does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.campaigns.runs import Field

RELEASE = ("edit stg api f2.03", "promote stg main")
ROLLED_BACK = (*RELEASE, "restore main 1 trailer api")
AGAIN = ("edit stg api f1.05", "promote stg main")

CASES = {
    # A revert of the stage's own hotfix is no roll-back, and neither is one by hand.
    "own hotfix": (
        *(*RELEASE, "add main api f101 src", *AGAIN, "restore main 1 trailer api"),
        *("promote stg main roll-forward", "undo main api", "edit stg api f1.04"),
        *("promote stg main", "restore main 1 trailer api", "edit stg api f3.04"),
        "promote stg main",
    ),
    "own hotfix by hand": (
        *(*ROLLED_BACK, "edit main api f2.09", "back main api f2.09", "edit stg api f1.03"),
        "promote stg main roll-forward",
    ),
    # A back-merge brings the roll-back of main to stg, where it is none.
    "back-merge on the stage between": (
        *("edit dev api f0.02", "promote dev stg", "promote stg main", "edit main api f1.10"),
        *("restore main 2 trailer api", "edit dev api f3.02", "promote dev stg"),
        *("promote stg main", "backmerge main stg", "restore stg 1 trailer api"),
        *("edit dev api f3.03", "promote dev stg", "promote stg main"),
    ),
    # What brings the end of a change back is no roll-back of that change.
    "the end of a change came back": (
        *("edit stg api f0.02", "promote stg main", "back stg api f0.02", "edit stg api f3.03"),
        *("promote stg main", "restore main 1 halves api", "edit stg api f1.02"),
        *("promote stg main roll-forward", "restore main 1 trailer api", "edit stg api f2.05"),
        "promote stg main",
    ),
    # What a person decided about once is named only by the commit that brought it back.
    "decided before": (
        *(*RELEASE, "restore main 1 unsaid api", "edit stg api f1.03"),
        *("promote stg main roll-forward", "edit stg api f3.03", "promote stg main"),
        *("restore main 1 trailer api", "edit stg api f3.04", "promote stg main"),
    ),
    # Rolled back and forward again: the last commit alone has all of the work.
    "forward by a restore": (
        *(*RELEASE, "revert main merge api", "restore main 1 trailer api", "edit stg api f1.06"),
        "promote stg main",
    ),
    "forward over a hotfix": (
        *(*RELEASE, "edit main api f0.08", "restore main 3 trailer api"),
        *("restore main 1 trailer api", *AGAIN),
    ),
    # The stage itself moved a file of the release: that is no roll-back.
    "moved by the stage": (*RELEASE, "move main api f2 src", "restore main 3 trailer api", *AGAIN),
    "reverted again and again": (
        *("edit stg api f1.03", "delete stg api f3", "promote stg main", "revert main merge api"),
        *("revert main roll-back api", "revert main roll-back api", *AGAIN),
    ),
    # A hotfix that was reverted and made again is no roll-back.
    "a hotfix again": (
        *(*RELEASE, "delete main api f2", "undo main api", "undo main api"),
        "promote stg main",
    ),
    # A restore that says so reverts own hotfixes, too, or nothing else: they come back.
    "hotfixes alone": (*RELEASE, "edit main api f0.08", "restore main 1 trailer api", *AGAIN),
    # Where stg has all of it, a back-merge does not move it, whatever a person says.
    "nothing to merge back": (
        *(*ROLLED_BACK, "backmerge main stg", "backmerge main stg roll-forward", *AGAIN),
        *("backmerge main stg", "edit stg api f3.03", "promote stg main"),
    ),
    "a hotfix that deletes": (*RELEASE, "delete main api f3", "restore main 3 trailer api", *AGAIN),
    "mixed": (*RELEASE, "restore main 1 mixed api", *AGAIN),
    "halves": (
        *("add stg api f101 src", "edit main api f1.09", "promote stg main"),
        *("restore main 4 halves api", *AGAIN),
    ),
    "three in a row": (
        *(*ROLLED_BACK, "edit stg api f3.05", "promote stg main", "restore main 3 trailer api"),
        *("restore main 3 trailer api", *AGAIN, "restore main 1 halves api", "backmerge main stg"),
    ),
    # The source does without a part of the work while it is rolled back.
    "given up, merged by hand": (
        *("edit stg api f0.02", "promote stg main", "restore main 1 trailer api"),
        *("back stg api f0.02", "edit stg api f0.07", "hand stg main api", *AGAIN),
    ),
    "given up after a criss-cross": (
        *(*ROLLED_BACK, "edit main api f2.09", "edit stg api f1.03", "cross stg main"),
        *("back stg api f2.03", *AGAIN, "backmerge main stg"),
    ),
    "renamed by the release": (
        *("move stg api f1 lib", "edit stg api f1.02", "promote stg main"),
        *("restore main 1 trailer api", "edit main api f1.09", "edit stg api f1.04"),
        *("promote stg main", "backmerge main stg"),
    ),
    "submodule": (
        *("point stg api sub", "promote stg main", "point stg api sub", "promote stg main"),
        *("restore main 2 trailer api", "edit main api f1.09", *AGAIN, "backmerge main stg"),
    ),
    "some repositories": (
        *("edit stg api f0.02", "edit stg web f0.02", "promote stg main"),
        *("restore main 1 trailer web", "edit stg api f0.03", "edit stg job f0.02"),
        *("promote stg main", "edit stg web f0.04", "promote stg main", "backmerge main stg"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_all_work_is_there_and_nothing_stops(name: str, tmp_path: Path) -> None:
    """Each move is possible, and each merge is right, or has nothing to do."""
    campaign = Field(tmp_path).replay(CASES[name])
    assert campaign.lines == [*CASES[name]]
    assert not campaign.wrong
    kinds = Counter(kind.partition(": ")[2].partition(" (")[0] for kind in campaign.counts)
    assert {*kinds} <= {"right", "nothing new"}
    assert kinds["right"]


def test_a_hotfix_in_what_was_rolled_back_stops(tmp_path: Path) -> None:
    """What the person wanted without the roll-back is for a person to say; nothing is published."""
    lines = (*ROLLED_BACK, "edit main api f2.03", *AGAIN)
    campaign = Field(tmp_path).replay(lines)
    assert not campaign.wrong
    assert [kind for kind in campaign.counts if kind.endswith("(reapply_conflict)")]


def test_a_hotfix_that_quotes_a_revert_is_kept(tmp_path: Path) -> None:
    """Its message alone does not make it a roll-back: it stays, or a person is asked."""
    lines = [*RELEASE, "edit main api f2.09 quoting", *AGAIN]
    campaign = Field(tmp_path).replay(lines)
    assert campaign.lines == lines
    assert not campaign.wrong
    assert not campaign.stops


def test_what_does_not_say_so_is_asked_about(tmp_path: Path) -> None:
    """It may be meant, as a flag that was switched off; after a yes, all of it is there."""
    lines = [*RELEASE, "restore main 1 unsaid api", *AGAIN]
    campaign = Field(tmp_path).replay(lines)
    assert campaign.asked
    campaign.play("promote stg main roll-forward")
    assert not campaign.asked
    assert campaign.counts["promotion: right"] == 2
