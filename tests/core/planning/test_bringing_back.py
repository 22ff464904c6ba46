"""What a merge says about roll-backs: what comes back with it, and why it cannot be made."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.bringing_back import coming_back
from multigit.core.planning.sides import Sides
from multigit.core.values.commits import Commit, PendingCommits, Tip
from multigit.core.values.git_answers import Merged
from multigit.core.values.merge import Fold, Reversal
from multigit.core.values.problem import Problem, Severity
from tests.core.builders import API, merge

UP = Sides(API, "origin", "staging", "master", forward=True)
DOWN = Sides(API, "origin", "master", "staging", forward=False)
REVERT = Reversal("aaaaaaaaaa", "Revert", 2, paths=("a", "b"), author="Ada", time=1736500000)
FOLD = Fold((), (REVERT.sha,), 2, tip=Tip("t" * 10, "folded"))
WHEN = "rolled back on 2025-01-10T09:06:40Z"


def said(fold: Fold, *reversals: Reversal, forward: bool = True) -> list[Problem]:
    """Return what a merge with what comes back says."""
    seen = replace(merge("stg", "main"), reversals=reversals or (REVERT,), fold=fold)
    return list(coming_back(seen, UP if forward else DOWN, roll_forward=False))


def test_what_comes_back_is_told() -> None:
    """With the commits of the stage itself that come back, too; not what was undone before."""
    undone = replace(REVERT, sha="bbbbbbbbbb", undone=True)
    fold = replace(FOLD, reverts=(REVERT.sha, undone.sha))
    (problem,) = said(fold, replace(REVERT, besides=(Commit("c" * 10, 0, "", "fix"),)), undone)
    assert problem == Problem(
        "brings_back",
        f"brings back 2 commits that aaaaaaa by Ada {WHEN}. With 1 commit of master itself: "
        "ccccccc fix.",
        severity=Severity.WARN,
        files=("a", "b"),
    )
    (kept,) = said(FOLD, replace(REVERT, lost=0), forward=False)
    assert kept.message == f"keeps the work of staging in 2 files that aaaaaaa by Ada {WHEN}."


def test_a_difference_that_nothing_explains_is_shown() -> None:
    """The command of the hint compares the merge, or its files, with the earlier stage."""
    found = said(replace(FOLD, strays=("x y", "z")))
    seen = merge("stg", "main")
    earlier = seen.theirs.sha
    assert [each.code for each in found] == ["brings_back", "reapply_differs"]
    assert (found[1].severity, found[1].files) == (Severity.BLOCK, ("x y", "z"))
    assert found[1].message == (
        "the merge would differ from staging in 2 files (x y, z) that no commit of master explains."
    )
    compared = f"git -C {API.path} diff {earlier} {seen.result.commit} -- 'x y' z"
    assert found[1].hint == f"To see it: {compared}"


def test_a_merge_that_brings_nothing_else_waits_for_a_person() -> None:
    """It names the first roll-back, and counts the others."""
    other = replace(REVERT, sha="bbbbbbbbbb")
    fold = replace(FOLD, reverts=(REVERT.sha, other.sha))
    seen = replace(merge("stg", "main"), result=Merged(tree="folded"), fold=fold)
    (problem,) = coming_back(replace(seen, reversals=(REVERT, other)), UP, roll_forward=False)
    assert (problem.code, problem.severity) == ("rolled_back", Severity.BLOCK)
    assert problem.message == (
        f"has nothing new on staging since the roll-back, only 2 commits that aaaaaaa by Ada {WHEN}"
        ", and what 1 other commit rolled back."
    )


def test_what_a_back_merge_brought_back_waits_for_a_person_as_well() -> None:
    """Unless something else goes out with it, or a person says so; downwards nothing comes back."""
    waiting = PendingCommits(2, returning=2, roll_backs=("a" * 10, "b" * 10))
    seen = replace(merge("stg", "main"), waiting=waiting)
    (problem,) = coming_back(seen, UP, roll_forward=False)
    assert (problem.code, problem.severity) == ("rolled_back", Severity.BLOCK)
    assert problem.message == (
        "has nothing new on staging since the roll-back, only what aaaaaaa, bbbbbbb rolled back."
    )
    more = replace(seen, waiting=replace(waiting, commits=3))
    for each, asked in ((seen, True), (more, False)):
        (problem,) = coming_back(each, UP, roll_forward=asked)
        assert (problem.code, problem.severity) == ("brings_back", Severity.WARN)
        assert problem.message == "brings back what aaaaaaa, bbbbbbb rolled back."
    assert list(coming_back(seen, DOWN, roll_forward=False)) == []
