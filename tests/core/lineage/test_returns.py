"""Which commits revert work: those after which a path is as it was before the work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.lineage.keepers import (
    was_absent,
)
from multigit.core.lineage.line import LineCommit, present_name, threads_of, with_moves
from multigit.core.lineage.returns import dropped, joined, restored_later, returned, rewritten
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
    line: list[LineCommit], found: dict[str, tuple[str, ...]]
) -> None:
    """This covers content and absence, several releases, and a hotfix in between."""
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
        [LineCommit("1", (), brings=True, changes={"a": ("", "x")}), own("2", "a", "x", "")],
    ],
    ids=[
        "a hotfix",
        "the end of a hotfix",
        "a hotfix of before",
        "the earlier stage's own will",
        "restored",
        "restored by work, with a hotfix",
        "there from the start",
    ],
)
def test_what_is_not_a_return(line: list[LineCommit]) -> None:
    """In none of these cases is work of the earlier stage lost."""
    assert returned(line) == {}


def test_a_deleted_file_counts_if_it_had_work_in_it() -> None:
    """The file may be older than the work: deleting it reverts what a release changed in it."""
    line = [
        LineCommit("0", (), brings=True, changes={"old": ("", "x"), "plain": ("", "p")}),
        LineCommit("1", ("0", "s"), brings=True, changes={"old": ("x", "y"), "new": ("", "n")}),
    ]
    gone = {"old": ("y", ""), "plain": ("p", ""), "new": ("n", "")}
    line.append(LineCommit("2", ("1",), brings=False, changes=gone))
    assert returned(line) == {"2": ("new", "old")}
    assert [was_absent(line, path, "2") for path in gone] == [False, False, True]


def test_what_an_own_commit_reverted_is_reverted_once() -> None:
    """The end of a later hotfix does not count, but work that comes again can be reverted again."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), own("3", "a", "x", "h")]
    assert returned([*line, own("4", "a", "h", "x")]) == {"2": ("a",)}
    assert returned([*line[:2], work("3", "a", "x", "z"), own("4", "a", "z", "x")]) == {
        "2": ("a",),
        "4": ("a",),
    }


def test_a_merge_may_return_a_path_by_itself() -> None:
    """Only git can tell what the merged side changed itself, so the path is only a candidate."""
    merge = LineCommit("2", ("1", "s"), brings=True, changes={"a": ("y", "x")}, tips=("s",))
    assert returned([work("1", "a", "x", "y"), merge]) == {"2": ("a",)}


def test_all_that_one_commit_reverts_is_one_reversal() -> None:
    """It covers the ids that the commit names, the content that returned, and what it dropped."""
    named = Reversal("1", "s", 2, paths=("b",))
    content = Reversal(
        "1", "s", kind=Evidence.CONTENT, paths=("a",), deletes=True, slight=True, accepted="m"
    )
    lost = replace(content, paths=("c",), kept=(("1", "2", ("c",)),), deletes=False, slight=False)
    assert joined([named]) is named
    assert joined([named, content]) == Reversal("1", "s", paths=("a", "b"), accepted="m")
    assert joined([content, lost]) == replace(lost, paths=("a", "c"))


def test_what_was_reverted_may_be_restored() -> None:
    """It does not count if the work was restored later."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), own("3", "a", "x", "y")]
    assert restored_later(line, [], "a", "2")
    assert not restored_later([*line, own("4", "a", "y", "x")], [], "a", "4")
    assert not restored_later(line, [], "a", "elsewhere")


def test_a_revert_may_leave_a_path_unlike_any_before() -> None:
    """This holds if it had been changed before; the end of a hotfix does not count."""
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "h"), own("3", "a", "h", "i")]
    assert rewritten(line, "3") == ("a",)
    assert rewritten([work("1", "a", "x", "y"), own("2", "b", "y", "h")], "2") == ()
    assert rewritten([*line[:2], own("3", "a", "h", "y")], "3") == ()


def test_what_was_moved_may_return_there() -> None:
    """A file may return or be deleted under its new name, but a move alone is not a return."""
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


def test_what_is_restored_may_have_a_new_name() -> None:
    """The content from before the roll-back is found under the new path."""
    move = moving("3", {"a": ("x", ""), "b": ("", "x")})
    line = [work("1", "a", "x", "y"), own("2", "a", "y", "x"), move, own("4", "b", "x", "y")]
    moved = with_moves(line, {})
    assert returned(moved) == {}
    assert restored_later(moved, threads_of(moved), "a", "2")
    assert present_name(moved, "a") == "b"
    assert present_name(moved, "b") == "b"


def test_a_merge_dropped_what_only_its_other_side_changed() -> None:
    """Changes of its own, changes of both sides, and files that moved do not count."""
    merge = LineCommit(
        "m", ("1", "2"), brings=True, changes={"own": ("a", "b"), "there": ("", "new")}
    )
    offered = {"gone": ("x", "y"), "own": ("a", "c"), "both": ("x", "y"), "here": ("", "new")}
    lacking = {"gone": ("y", "x"), "own": ("c", "b"), "both": ("y", "z"), "here": ("new", "")}
    assert dropped(offered, merge, offered, lacking) == ("gone",)
    assert dropped((), merge, offered, lacking) == ()
