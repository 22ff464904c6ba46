"""What takes work back: contents that return to before work came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.lineage.keepers import (
    was_absent,
)
from multigit.core.lineage.line import Step, present_name, with_moves
from multigit.core.lineage.returns import dropped, forward_again, joined, returned, rewritten
from multigit.core.values.merge import Evidence, Reversal
from tests.core.lineage.steps import MOVED, PUT_BACK, moving, own, work


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ([work("1", "a", "x", "y"), own("2", "a", "y", "x")], {"2": ("a",)}),
        ([work("1", "a", "", "y"), own("2", "a", "y", "")], {"2": ("a",)}),
        ([work("1", "a", "x", ""), own("2", "a", "", "x")], {"2": ("a",)}),
        (
            [work("1", "a", "x", "y"), work("2", "a", "y", "z"), own("3", "a", "z", "x")],
            {"3": ("a",)},
        ),
        (
            [work("1", "a", "x", "y"), own("2", "a", "y", "h"), own("3", "a", "h", "x")],
            {"3": ("a",)},
        ),
    ],
)
def test_a_path_that_is_as_before_work_returned(
    line: list[Step], found: dict[str, tuple[str, ...]]
) -> None:
    """Content or absence, over several releases, over a hotfix."""
    assert returned(line) == found


@pytest.mark.parametrize(
    "line",
    [
        [work("1", "a", "x", "y"), own("2", "a", "y", "h")],
        [work("1", "a", "x", "y"), own("2", "a", "y", "h"), own("3", "a", "h", "y")],
        [own("1", "a", "x", "h"), own("2", "a", "h", "x")],
        [work("1", "a", "x", "y"), work("2", "a", "y", "x")],
        [work("1", "a", "x", "y"), own("2", "a", "y", "x"), own("3", "a", "x", "y")],
        [
            work("1", "a", "x", "y"),
            own("2", "a", "y", "x"),
            work("3", "a", "x", "y"),
            own("4", "a", "y", "h"),
        ],
        [Step("1", (), brings=True, changes={"a": ("", "x")}), own("2", "a", "x", "")],
    ],
    ids=[
        "a hotfix",
        "the end of a hotfix",
        "a hotfix of before",
        "the earlier stage's own will",
        "brought forward again",
        "brought forward again by work, with a hotfix",
        "there from the start",
    ],
)
def test_what_is_no_return(line: list[Step]) -> None:
    """Nothing of the earlier stage's work goes."""
    assert returned(line) == {}


def test_a_deleted_file_counts_where_it_had_work_in_it() -> None:
    """However old the file is: whoever deletes it takes back what a release changed there."""
    line = [
        Step("0", (), brings=True, changes={"old": ("", "x"), "plain": ("", "p")}),
        Step("1", ("0", "s"), brings=True, changes={"old": ("x", "y"), "new": ("", "n")}),
    ]
    gone = {"old": ("y", ""), "plain": ("p", ""), "new": ("n", "")}
    line.append(Step("2", ("1",), brings=False, changes=gone))
    assert returned(line) == {"2": ("new", "old")}
    assert [was_absent(line, path, "2") for path in gone] == [False, False, True]


def test_what_an_own_commit_put_back_is_put_back_once() -> None:
    """A hotfix on top of it may end; but what work brings again can be put back again."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), own("3", "a", "x", "h")]
    assert returned([*line, own("4", "a", "h", "x")]) == {"2": ("a",)}
    assert returned([*line[:2], work("3", "a", "x", "z"), own("4", "a", "z", "x")]) == {
        "2": ("a",),
        "4": ("a",),
    }


def test_a_merge_may_return_what_it_was_not_asked_for() -> None:
    """Only git can tell what the merged side changed itself, so the path is named."""
    merge = Step("2", ("1", "s"), brings=True, changes={"a": ("y", "x")}, tips=("s",))
    assert returned([work("1", "a", "x", "y"), merge]) == {"2": ("a",)}


def test_all_that_one_commit_takes_back_is_one() -> None:
    """By the ids that it names, by content, and by what it dropped."""
    named = Reversal("1", "s", 2, paths=("b",))
    content = Reversal(
        "1", "s", kind=Evidence.CONTENT, paths=("a",), deletes=True, slight=True, accepted="m"
    )
    lost = replace(content, paths=("c",), kept=(("1", "2", ("c",)),), deletes=False, slight=False)
    assert joined([named]) is named
    assert joined([named, content]) == Reversal("1", "s", paths=("a", "b"), accepted="m")
    assert joined([content, lost]) == replace(lost, paths=("a", "c"))


def test_what_was_put_back_may_come_forward_again() -> None:
    """Then another commit counts, if any."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), own("3", "a", "x", "y")]
    assert forward_again(line, "a", "2")
    assert not forward_again([*line, own("4", "a", "y", "x")], "a", "4")
    assert not forward_again(line, "a", "elsewhere")


def test_a_revert_may_leave_a_path_unlike_any_before() -> None:
    """Where more had changed; what ends a hotfix is none of it."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "h"), own("3", "a", "h", "i")]
    assert rewritten(line, "3") == ("a",)
    assert rewritten([work("1", "a", "x", "y"), own("2", "b", "y", "h")], "2") == ()
    assert rewritten([*line[:2], own("3", "a", "h", "y")], "3") == ()


def test_what_was_moved_may_return_there() -> None:
    """In the same commit or later, or be deleted there; a mere move is no return."""
    first, move = work("1", "a", "x", "y"), moving("2", MOVED)
    for line, found in (
        ([first, move], {}),
        ([first, moving("2", PUT_BACK)], {"2": ("b",)}),
        ([first, move, own("3", "b", "y", "x")], {"3": ("b",)}),
        ([first, move, own("3", "b", "y", "")], {"3": ("b",)}),
        ([first, move, own("3", "b", "y", "h"), own("4", "b", "h", "y")], {}),
        ([first, own("2", "a", "y", "x"), moving("3", {"a": ("x", ""), "b": ("", "x")})], "a"),
        ([first, moving("2", PUT_BACK), own("3", "b", "x", "y")], {}),
    ):
        assert returned(with_moves(line, {})) == ({"2": ("a",)} if found == "a" else found)


def test_the_end_of_a_roll_back_may_be_elsewhere() -> None:
    """Brought forward again by the new name."""
    move = moving("3", {"a": ("x", ""), "b": ("", "x")})
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), move, own("4", "b", "x", "y")]
    moved = with_moves(line, {})
    assert returned(moved) == {}
    assert forward_again(moved, "a", "2")
    assert present_name(moved, "a") == "b"
    assert present_name(moved, "b") == "b"


def test_a_merge_dropped_what_only_its_other_side_changed() -> None:
    """Not what it changed itself, what both sides changed, and what it put elsewhere."""
    merge = Step("m", ("1", "2"), brings=True, changes={"own": ("a", "b"), "there": ("", "new")})
    offered = {"gone": ("x", "y"), "own": ("a", "c"), "both": ("x", "y"), "here": ("", "new")}
    lacking = {"gone": ("y", "x"), "own": ("c", "b"), "both": ("y", "z"), "here": ("new", "")}
    assert dropped(offered, merge, offered, lacking) == ("gone",)
    assert dropped((), merge, offered, lacking) == ()
