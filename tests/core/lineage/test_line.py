"""The commits of a stage, and the files that its own commits moved."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.lineage.line import NOTHING, guessed, with_moves
from tests.core.lineage.steps import MOVED, PUT_BACK, moving, work


def test_a_file_that_moved_is_where_its_content_is() -> None:
    """A move is found by last content, by earlier content or by git, but not for empty files."""
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
