"""What takes work back: what messages say, and contents that return to before work came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.lineage.reversals import (
    NOTHING,
    Span,
    Step,
    accepted_in,
    accepting,
    across_move,
    before_each_work,
    before_work,
    brought,
    dropped,
    forward_again,
    guessed,
    joined,
    keeper,
    present_name,
    returned,
    reverted_spans,
    rewritten,
    says_so,
    undone,
    was_absent,
    with_moves,
)
from multigit.core.values.snapshot import Evidence, Reversal

SHA, OTHER = "1" * 40, "2" * 40


def own(sha: str, path: str, before: str, after: str) -> Step:
    """Return a commit of the later stage's own."""
    return Step(sha, ("parent",), brings=False, changes={path: (before, after)})


def work(sha: str, path: str, before: str, after: str) -> Step:
    """Return a commit that brings work of the earlier stage."""
    return Step(sha, ("parent", "other"), brings=True, changes={path: (before, after)})


@pytest.mark.parametrize(
    "message",
    [
        f'Revert "feat: pay"\n\nThis reverts commit {SHA}.',
        "Revert \"Merge branch 'pay' into 'main'\"\n\nThis reverts merge request !12",
        'Revert "pay" (#13)\n\nReverts acme/api#12',
        "Merge pull request #13 from acme/help\n\nRevert “pay”",
        "Back\n\nReverted pull request #12",
        'Merged PR 13: Revert "Merged PR 12: pay"',
        "Merge\n\nReverts !12",
        "revert: feat: pay",
        "revert(api)!: pay",
        "Help\n\nThis reverts commit 1234567 (feat: pay, 2025-01-01).",
        "Reverts: #12",
    ],
)
def test_what_calls_itself_a_revert(message: str) -> None:
    """As git, hosts and conventions write it, anywhere in the message."""
    assert says_so(message)


@pytest.mark.parametrize(
    "message",
    [
        "fix: reverted colours of the chart",
        "feat: revert button",
        "Revert to the caller's locale",
        "Do not revert pull requests by hand",
        "docs: how to revert",
    ],
)
def test_what_only_talks_of_reverts(message: str) -> None:
    """A word is no statement."""
    assert not says_so(message)


def test_a_revert_of_a_merge_names_two_commits() -> None:
    """The one reverted, and the parent that is left."""
    message = f"x\n\nThis reverts commit {SHA}, reversing\nchanges made to {OTHER}."
    assert reverted_spans(message) == (Span(OTHER, SHA),)
    assert reverted_spans(f"This reverts commit {SHA}.") == (Span(f"{SHA}^", SHA),)


def test_a_merge_says_what_was_accepted_with_it() -> None:
    """Behind its message, and never twice."""
    once = accepting("Merge stg\n\nbody\n", [SHA])
    assert once == f"Merge stg\n\nbody\n\nAccepts-revert: {SHA}"
    assert accepted_in(once) == (SHA,)
    assert accepted_in(accepting(once, [OTHER])) == (OTHER,)
    assert accepting(once) == "Merge stg\n\nbody"


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


def moving(sha: str, changes: dict[str, tuple[str, str]]) -> Step:
    """Return a commit of the later stage's own that touches several paths."""
    return Step(sha, ("parent",), brings=False, changes=changes)


MOVED = {"a": ("y", ""), "b": ("", "y")}
PUT_BACK = {"a": ("y", ""), "b": ("", "x")}


def test_a_file_that_moved_is_where_its_content_is() -> None:
    """Of just before, or else an earlier one; git may know better. Empty files tell nothing."""
    first = work("1", "a", "x", "y")
    for changes in (MOVED, PUT_BACK):
        (_, step) = with_moves([first, moving("2", changes)], {})
        assert step.moves == {"b": "a"}
        assert guessed(step) is (changes is PUT_BACK)
    both = {**MOVED, "c": ("", "x")}
    assert with_moves([first, moving("2", both)], {})[1].moves == {"b": "a"}
    edited = moving("2", {"a": ("y", ""), "b": ("", "z")})
    assert with_moves([first, edited], {})[1].moves == {}
    assert with_moves([first, edited], {"2": {"a": "b", "c": "d"}})[1].moves == {"b": "a"}
    empty = f"100644 {NOTHING[0]}"
    filled = work("1", "a", empty, "y")
    assert with_moves([filled, moving("2", {**MOVED, "b": ("", empty)})], {})[1].moves == {}
    brought_there = replace(work("2", "a", "y", ""), changes=MOVED)
    assert with_moves([first, brought_there], {})[1].moves == {}


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


def test_a_merge_dropped_what_only_its_other_side_changed() -> None:
    """Not what it changed itself, what both sides changed, and what it put elsewhere."""
    merge = Step("m", ("1", "2"), brings=True, changes={"own": ("a", "b"), "there": ("", "new")})
    offered = {"gone": ("x", "y"), "own": ("a", "c"), "both": ("x", "y"), "here": ("", "new")}
    lacking = {"gone": ("y", "x"), "own": ("c", "b"), "both": ("y", "z"), "here": ("new", "")}
    assert dropped(offered, merge, offered, lacking) == ("gone",)
    assert dropped((), merge, offered, lacking) == ()
