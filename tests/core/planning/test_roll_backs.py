"""Roll-backs on the later of two stages: which of them a merge does without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.roll_backs import skips_of, to_skip, undecided
from multigit.core.values.merge import Evidence, Reversal, Skip

NAMED = Reversal("aaa", "Revert", 2, paths=("a", "b"), step="aaa", back=("a", "b"))
CONTENT = replace(NAMED, sha="ccc", step="ccc", lost=0, kind=Evidence.CONTENT)
MIXED = replace(NAMED, sha="mmm", step="mmm", back=("a",), mixed=("b",))
UNDONE = replace(NAMED, sha="uuu", step="uuu", undone=True)
SLIGHT = replace(CONTENT, paths=("a",), back=("a",), deletes=True, slight=True)
ACCEPTED = replace(NAMED, accepted="merge")


@pytest.mark.parametrize(
    ("found", "by_itself", "with_roll_forward"),
    [
        ((), (), ()),
        ((NAMED,), (NAMED,), (NAMED,)),
        ((CONTENT,), (), (CONTENT,)),
        ((NAMED, CONTENT), (), (NAMED, CONTENT)),
        ((SLIGHT,), (), (SLIGHT,)),
        ((MIXED,), (), ()),
        ((NAMED, MIXED), (), ()),
        ((NAMED, UNDONE), (NAMED, UNDONE), (NAMED, UNDONE)),
        ((UNDONE,), (), ()),
        ((ACCEPTED,), (), ()),
        ((NAMED, ACCEPTED), (NAMED,), (NAMED,)),
    ],
)
def test_a_promotion_does_without_what_says_so(
    found: tuple[Reversal, ...],
    by_itself: tuple[Reversal, ...],
    with_roll_forward: tuple[Reversal, ...],
) -> None:
    """With --roll-forward without all of it; without none if a person has to decide about one."""
    assert to_skip(found, forward=True, roll_forward=False) == by_itself
    assert to_skip(found, forward=True, roll_forward=True) == with_roll_forward


def test_what_a_promotion_left_out_is_decided_again_for_a_back_merge() -> None:
    """There it would remove the work from the earlier stage, too."""
    assert to_skip((NAMED, ACCEPTED), forward=False, roll_forward=False) == ()
    assert to_skip((ACCEPTED,), forward=False, roll_forward=True) == (ACCEPTED,)


def test_a_commit_is_left_out_whole_if_it_did_nothing_else() -> None:
    """Otherwise only in the paths that it reverted, and with what it exposes."""
    partly = replace(CONTENT, rest=("VERSION",))
    assert skips_of([NAMED, partly]) == (Skip("aaa"), Skip("ccc", ("a", "b")))
    exposing = replace(NAMED, exposed=(Skip("old", ("b",)), Skip("old", ("a",)), Skip("aaa")))
    assert skips_of([exposing]) == (Skip("aaa"), Skip("old", ("a", "b")))
    assert skips_of([replace(NAMED, back=(), rest=("VERSION",))]) == ()


def test_two_that_came_with_one_merge_are_left_out_together() -> None:
    """What is left of one may be all that the other did."""
    one = replace(NAMED, step="merge", back=("a",), rest=("b",))
    other = replace(NAMED, sha="bbb", step="merge", back=("b",), rest=("a",))
    assert skips_of([one, other]) == (Skip("merge"),)
    assert undecided([replace(one, mixed=("b",)), other]) == ()
    assert undecided([MIXED]) == (MIXED,)
