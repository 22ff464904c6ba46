"""Which commit still has the work that another commit reverted."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.lineage.keepers import (
    across_move,
    before_each_work,
    before_work,
    keeper,
    last_work,
    reverted_before,
)
from multigit.core.lineage.line import threads_of, with_moves
from tests.core.lineage.steps import MOVED, PUT_BACK, moving, own, work


def test_the_work_is_whole_before_its_first_half_is_reverted() -> None:
    """No keeper is named if one commit reverted all of the work, or if nothing returned."""
    first, half = work("1", "a", "x", "y"), own("2", "a", "y", "h")
    assert keeper([first, half, own("3", "a", "h", "x")], "a", "3") == "1"
    assert keeper([first, half, own("3", "a", "h", "i")], "a", "3") == ""
    assert keeper([first, own("2", "a", "y", "x")], "a", "2") == ""
    assert keeper([first], "b", "1") == ""
    assert keeper([first, half], "a", "elsewhere") == ""


def test_each_part_of_the_work_has_its_own_keeper() -> None:
    """Each reported commit covers what it reverted, and unreported reverts before it."""
    line = [
        work("1", "a", "x", "y"),
        own("2", "a", "y", "h"),
        own("3", "a", "h", "i"),
        own("4", "a", "i", "x"),
    ]
    assert [keeper(line, "a", sha, {"3", "4"}) for sha in "34"] == ["1", ""]
    assert [keeper(line, "a", sha, {"2", "4"}) for sha in "24"] == ["", "2"]


def test_what_an_older_release_was_restored_over_is_restored_too() -> None:
    """The older work was reverted once, and is reverted again when the newer work is restored."""
    first, gone, second = (
        work("1", "a", "x", "y"),
        own("2", "a", "y", "x"),
        work("3", "a", "x", "z"),
    )
    line = [first, gone, second, own("4", "a", "z", "y")]
    assert reverted_before(line, "a", "4") == (gone,)
    assert reverted_before([first, gone, own("3", "a", "x", "y"), *line[2:]], "a", "4") == ()
    assert reverted_before(line, "a", "2") == reverted_before(line, "b", "4") == ()


def test_what_came_back_and_is_reverted_again_is_whole_before_that() -> None:
    """The commit that brought it back reverts nothing, and what it had brought back is no part."""
    first, gone = work("1", "a", "x", "y"), own("2", "a", "y", "x")
    again, end = own("3", "a", "x", "y"), own("4", "a", "y", "x")
    line = [first, gone, again, end]
    assert keeper(line, "a", "4", {"2"}) == "2"
    assert keeper(line, "a", "4", {"2", "3"}) == ""
    part, end = own("4", "a", "x", "y"), own("5", "a", "y", "x")
    line = [first, work("2", "a", "y", "z"), own("3", "a", "z", "x"), part, end]
    assert reverted_before(line, "a", "5") == (part,)
    assert reverted_before(line, "a", "5", {"4"}) == ()


def test_work_that_was_moved_has_its_old_name() -> None:
    """It was moved by the commit that reverted it, or by one between two halves of the revert."""
    first = work("1", "a", "x", "y")
    line = with_moves([first, moving("2", PUT_BACK)], {})
    assert across_move(threads_of(line), "b", "2") == ("parent", "1", "a")
    halves = [first, own("2", "a", "y", "h"), moving("3", {"a": ("h", ""), "b": ("", "h")})]
    line = with_moves([*halves, own("4", "b", "h", "x")], {})
    assert across_move(threads_of(line), "b", "4") == ("parent", "1", "a")
    line = with_moves([first, moving("2", MOVED), own("3", "b", "y", "x")], {})
    assert across_move(threads_of(line), "b", "3") is None
    assert across_move(threads_of(line), "c", "3") is None


def test_commits_from_before_the_work() -> None:
    """Either the commit to which a path returned, or the one before each arrival of work."""
    first, second = work("1", "a", "x", "y"), replace(work("2", "a", "y", "z"), parents=("p",))
    line = [first, second, own("3", "a", "z", "y")]
    assert before_work(line, "a", "3") == "p"
    assert before_work(line, "b", "3") == ""
    assert before_each_work(line, "a", "3") == ("p", "parent")


def test_what_brought_work_to_a_path_last() -> None:
    """The search ends at the commit that reverted the work."""
    first, second = work("1", "a", "x", "y"), work("2", "a", "y", "z")
    line = [first, second, own("3", "a", "z", ""), work("4", "a", "", "z")]
    assert last_work(line, "a", "3") is second
    assert last_work(line, "a", "2") is first
    assert last_work(line, "b", "3") is None
