"""Which commits are copies of others, and whether the change of the original is still there."""

from __future__ import annotations

import pytest

from multigit.core.lineage.copies import Patch, Patched, originals, still_there

ADA = ("Ada", "1700000000", "feat: one")
ONE = Patch("0", "1", ("@@", " a", "-b", "-c", "+B", " d"))


def commit(sha: str, origin: tuple[str, ...] = ADA, **patches: Patch) -> Patched:
    """Return a commit with its patches by path."""
    return Patched(sha, origin, patches)


@pytest.mark.parametrize(
    ("copy", "is_one"),
    [
        (commit("c", app=Patch("7", "8", ONE.lines)), True),
        (commit("c", ("Ada", "1700000001", "feat: one"), app=ONE), False),
        (commit("c", app=Patch("7", "8", ("@@", " a", "-b", "+B", " d"))), False),
        (commit("c", app=ONE, other=ONE), False),
        (commit("c", other=ONE), False),
        (commit("c"), False),
    ],
)
def test_a_copy_has_the_same_origin_and_lines(copy: Patched, *, is_one: bool) -> None:
    """Other content of the files may differ, but not the paths, lines, author or author date."""
    found = originals([copy, commit("o", app=ONE), commit("empty")], {"c"})
    assert [each.sha for each in found.values()] == ["o"] * is_one


@pytest.mark.parametrize(
    ("later", "there"),
    [
        (commit("l", app=Patch("1", "2", ("@@", " a", "-x", "+y"))), True),
        (commit("l", other=Patch("1", "0")), True),
        (commit("l", app=Patch("5", "0")), False),
        (commit("l", app=Patch("5", "6", ("@@", " z", "-B", "+b", "+c", " d"))), False),
    ],
)
def test_what_was_reverted_is_no_longer_there(later: Patched, *, there: bool) -> None:
    """Later commits may revert its content or lines, in any file; earlier ones do not count."""
    original, before = commit("o", app=ONE), commit("p", app=Patch("x", "0"))
    assert still_there(original, [later, original, before]) == there
    assert not still_there(original, [later])
