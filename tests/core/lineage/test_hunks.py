"""Whether a change restores lines that another change had replaced."""

from __future__ import annotations

import pytest

from multigit.core.lineage.hunks import Hunk, only_puts_back, puts_back, read_hunks

WORK = (Hunk(2, 2, ("3",), ("three",)), Hunk(9, 9, (), ("more", "")))
BACK = Hunk(2, 2, ("three",), ("3",))
FIXED = Hunk(6, 6, ("7",), ("seven",))


def test_hunks_are_read_as_git_prints_them() -> None:
    """Positions count from 0 on both sides, and lines before the first hunk are ignored."""
    patch = [
        *("a/a b/a", "--- a/a", "+++ b/a", "@@ -3 +3 @@ def f():", "-3", "+three"),
        *("@@ -9,0 +10,2 @@", "+more", "+", "@@ -12,2 +13,0 @@", "-x", "-y", "\\ No newline"),
    ]
    assert tuple(read_hunks(patch)) == (*WORK, Hunk(11, 13, ("x", "y"), ()))
    assert tuple(read_hunks(["Binary files a/a and b/a differ"])) == ()


@pytest.mark.parametrize(
    "then",
    [
        [BACK],
        [FIXED, BACK],
        [Hunk(2, 2, ("three", "4"), ("3", "four"))],
        [Hunk(9, 9, ("more", ""), ())],
        [Hunk(8, 8, ("9", "more", ""), ("nine",))],
    ],
    ids=["a line", "with another", "with its neighbor", "added ones", "added, with a neighbor"],
)
def test_replaced_lines_are_restored(then: list[Hunk]) -> None:
    """Other lines may change in the same hunk or elsewhere."""
    assert puts_back(WORK, then)


@pytest.mark.parametrize(
    "then",
    [
        [FIXED],
        [Hunk(2, 2, ("three",), ("drei",))],
        [Hunk(20, 20, ("x",), ("3",))],
        [Hunk(9, 9, ("more", ""), ("fixed",))],
        [Hunk(9, 9, ("more",), ("more!", "more"))],
        [],
    ],
    ids=["elsewhere", "otherwise", "the same far away", "rewritten", "still there", "nothing"],
)
def test_a_fix_restores_nothing(then: list[Hunk]) -> None:
    """This holds even for a fix of the lines that the work changed."""
    assert not puts_back(WORK, then)


def test_a_change_may_do_nothing_else() -> None:
    """Every hunk must restore lines, but not all of the work has to be restored."""
    assert only_puts_back(WORK, [BACK])
    assert not only_puts_back(WORK, [BACK, FIXED])


def test_the_same_change_in_another_place_is_another_one() -> None:
    """It may be a decision of its own, such as one more replica less."""
    again = Hunk(30, 30, BACK.removed, BACK.added)
    assert not only_puts_back(WORK, [BACK, again])
    assert only_puts_back([*WORK, Hunk(30, 30, ("3",), ("three",))], [BACK, again])
