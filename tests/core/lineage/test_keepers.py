"""Where the work is that a commit took back."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.lineage.keepers import (
    across_move,
    before_each_work,
    before_work,
    brought,
    keeper,
    undone,
)
from multigit.core.lineage.line import with_moves
from tests.core.lineage.steps import MOVED, PUT_BACK, moving, own, work


def test_the_work_is_taken_from_before_its_first_half_went() -> None:
    """The parent will do where no own commit had touched the path, or where nothing returned."""
    first, half = work("1", "a", "x", "y"), own("2", "a", "y", "h")
    assert keeper([first, half, own("3", "a", "h", "x")], "a", "3") == "1"
    assert keeper([first, half, own("3", "a", "h", "i")], "a", "3") == ""
    assert keeper([first, own("2", "a", "y", "x")], "a", "2") == ""
    assert keeper([first], "b", "1") == ""
    assert keeper([first, half], "a", "elsewhere") == ""


def test_each_part_of_the_work_is_taken_from_where_that_was_whole() -> None:
    """Of commits that are told, each brings back what it took, and what went untold before it."""
    line = [
        work("1", "a", "x", "y"),
        own("2", "a", "y", "h"),
        own("3", "a", "h", "i"),
        own("4", "a", "i", "x"),
    ]
    assert [keeper(line, "a", sha, {"3", "4"}) for sha in "34"] == ["1", ""]
    assert [keeper(line, "a", sha, {"2", "4"}) for sha in "24"] == ["", "2"]


def test_what_an_older_release_came_back_over_comes_back_too() -> None:
    """Its work had been taken back, and goes again where that of the newer one is brought back."""
    first, gone, second = (
        work("1", "a", "x", "y"),
        own("2", "a", "y", "x"),
        work("3", "a", "x", "z"),
    )
    line = [first, gone, second, own("4", "a", "z", "y")]
    assert undone(line, "a", "4") == (gone,)
    assert undone([first, gone, own("3", "a", "x", "y"), *line[2:]], "a", "4") == ()
    assert undone(line, "a", "2") == undone(line, "b", "4") == ()


def test_work_that_was_moved_is_taken_by_its_old_name() -> None:
    """Where the commit that took it back moved it, or another one after its first half went."""
    first = work("1", "a", "x", "y")
    line = with_moves([first, moving("2", PUT_BACK)], {})
    assert across_move(line, "b", "2") == ("parent", "1", "a")
    halves = [first, own("2", "a", "y", "h"), moving("3", {"a": ("h", ""), "b": ("", "h")})]
    line = with_moves([*halves, own("4", "b", "h", "x")], {})
    assert across_move(line, "b", "4") == ("parent", "1", "a")
    line = with_moves([first, moving("2", MOVED), own("3", "b", "y", "x")], {})
    assert across_move(line, "b", "3") is None
    assert across_move(line, "c", "3") is None


def test_commits_of_before_the_work() -> None:
    """The one to which a path returned, and one for each time that work came."""
    first, second = work("1", "a", "x", "y"), replace(work("2", "a", "y", "z"), parents=("p",))
    line = [first, second, own("3", "a", "z", "y")]
    assert before_work(line, "a", "3") == "p"
    assert before_work(line, "b", "3") == ""
    assert before_each_work(line, "a", "3") == ("p", "parent")


def test_what_brought_work_to_a_path_last() -> None:
    """Before the commit that took it back."""
    first, second = work("1", "a", "x", "y"), work("2", "a", "y", "z")
    line = [first, second, own("3", "a", "z", ""), work("4", "a", "", "z")]
    assert brought(line, "a", "3") is second
    assert brought(line, "a", "2") is first
    assert brought(line, "b", "3") is None
