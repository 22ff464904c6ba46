"""Whether a change puts back lines that another had replaced, line by line."""

from __future__ import annotations

import pytest

from multigit.core.lineage.hunks import Hunk, only_puts_back, puts_back, read_hunks

WORK = (Hunk(2, 2, ("3",), ("three",)), Hunk(9, 9, (), ("more", "")))
BACK = Hunk(2, 2, ("three",), ("3",))
MENDED = Hunk(6, 6, ("7",), ("seven",))


def test_hunks_are_read_as_git_prints_them() -> None:
    """Places count from nothing on both sides; what stands before the first one is none."""
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
        [MENDED, BACK],
        [Hunk(2, 2, ("three", "4"), ("3", "four"))],
        [Hunk(9, 9, ("more", ""), ())],
        [Hunk(8, 8, ("9", "more", ""), ("nine",))],
    ],
    ids=["a line", "with another", "with its neighbor", "added ones", "added, with a neighbor"],
)
def test_lines_of_before_are_put_back(then: list[Hunk]) -> None:
    """Whatever is changed beside them."""
    assert puts_back(WORK, then)


@pytest.mark.parametrize(
    "then",
    [
        [MENDED],
        [Hunk(2, 2, ("three",), ("drei",))],
        [Hunk(20, 20, ("x",), ("3",))],
        [Hunk(9, 9, ("more", ""), ("mended",))],
        [Hunk(9, 9, ("more",), ("more!", "more"))],
        [],
    ],
    ids=["elsewhere", "otherwise", "the same far away", "written anew", "still there", "nothing"],
)
def test_a_mend_puts_nothing_back(then: list[Hunk]) -> None:
    """Also in the very lines of the work."""
    assert not puts_back(WORK, then)


def test_a_change_may_do_no_more_than_that() -> None:
    """Hunk by hunk; some of the work may stay."""
    assert only_puts_back(WORK, [BACK])
    assert not only_puts_back(WORK, [BACK, MENDED])
