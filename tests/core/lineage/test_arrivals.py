"""Which commits reached the other side in another form; contents and commits are words."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.lineage.arrivals import Effect, OwnCommit, equivalents


def own(sha: str, *parents: str, tree: str = "", same: bool = False, **files: str) -> OwnCommit:
    """Return a commit; `a="1-2"` is the file a, from content 1 to content 2."""
    return OwnCommit(sha, tree or f"tree of {sha}", parents, effect(files), same)


def effect(files: dict[str, str]) -> Effect:
    """Return the effect of changes like `a="1-2"`."""
    return frozenset((path, ends[0], ends[-1]) for path, ends in files.items())


def found(theirs: list[OwnCommit], ours: list[OwnCommit]) -> set[str]:
    """Return the commits of `theirs` that reached the other side; both are newest first."""
    sides = ({each.sha: each for each in side} for side in (theirs, ours))
    return set(equivalents(*sides, theirs_tip=theirs[0].sha, ours_tip=ours[0].sha))


def test_what_git_marks_is_equivalent() -> None:
    """Git marks a commit with another id and the same patch, such as a rebased one."""
    theirs = [own("c2", "c1", b="0-1"), own("c1", "fork", a="0-1", same=True)]
    ours = [own("s1", "fork", a="7-8", same=True)]
    assert found(theirs, ours) == {"c1"}


def test_the_same_tree_includes_its_ancestors() -> None:
    """They count whatever commits led to the tree on the other side, including side branches."""
    theirs = [
        own("c3", "c2", c="0-1"),
        own("c2", "c1", "side", tree="T"),
        own("side", "fork", b="0-1"),
        own("c1", "fork", a="0-1"),
    ]
    assert found(theirs, [own("s1", "fork", tree="T", x="0-1")]) == {"c1", "c2", "side"}


def test_the_same_tree_does_not_count_if_it_was_reverted() -> None:
    """Their tree is one that we had and have changed since, so it was reverted."""
    theirs = [own("back", "fork", tree="T", b="1-0")]
    ours = [own("s2", "s1", b="0-1"), own("s1", "fork", tree="T", a="0-1")]
    assert found(theirs, ours) == set()
    assert found(theirs, [own("s3", "s1", c="0-1"), ours[1]]) == {"back"}


def test_a_squash_has_the_combined_effect_of_its_commits() -> None:
    """This holds if the other side has its own work, and if one squash follows another."""
    theirs = [
        own("c5", "c4", d="0-1"),
        own("c4", "c3", b="1-2"),
        own("c3", "c2", c="0-1"),
        own("c2", "c1", a="1-2", b="0-1"),
        own("c1", "fork", a="0-1"),
    ]
    ours = [
        own("s2", "hotfix", b="1-2", c="0-1"),
        own("hotfix", "s1", h="0-1"),
        own("s1", "fork", a="0-2", b="0-1"),
    ]
    assert found(theirs, ours) == {"c1", "c2", "c3", "c4"}
    assert found(theirs, ours[1:]) == {"c1", "c2"}


def test_a_squash_of_what_the_other_side_merged() -> None:
    """The feature is one commit on one side, and two commits or a merge on the other."""
    squash = [own("c2", "c1", a="0-1"), own("c1", "fork", f="0-2", g="0-1")]
    in_a_row = [own("f2", "f1", f="1-2"), own("f1", "fork", f="0-1", g="0-1")]
    merge = [
        own("m", "fork", "f2", f="0-2", g="0-1"),
        own("f2", "f1", f="1-2"),
        own("f1", "fork", f="0-1", g="0-1"),
    ]
    assert found(squash, in_a_row) == found(squash, merge) == {"c1"}
    assert found(merge, squash) == {"m", "f1", "f2"}


def test_part_of_a_squash_is_not_the_squash() -> None:
    """A squash with less, more or other content does not count."""
    theirs = [own("c2", "c1", b="0-1"), own("c1", "fork", a="0-1")]
    for files in ({"a": "0-1", "b": "0-2"}, {"a": "0-1", "b": "0-1", "c": "0-1"}, {"c": "0-1"}):
        assert found(theirs, [replace(own("s", "fork"), effect=effect(files))]) == set()


def test_what_was_reverted_there_may_be_merged_again() -> None:
    """The merge brings it again, so it is pending."""
    theirs = [own("c2", "c1", b="0-1"), own("c1", "fork", a="0-1", same=True)]
    picked = own("s1", "fork", a="0-1", same=True)
    assert found(theirs, [own("s3", "s1", x="0-1"), picked]) == {"c1"}
    assert found(theirs, [own("s2", "s1", a="1-0"), picked]) == set()


def test_a_path_with_its_first_content_is_not_part_of_a_squash() -> None:
    """Content that was changed back before the squash is not in its effect."""
    theirs = [
        own("c3", "c2", a="1-0"),
        own("c2", "c1", b="0-1"),
        own("c1", "fork", a="0-1", d="0-1"),
    ]
    ours = [own("h", "s1", a="0-5"), own("s1", "fork", b="0-1", d="0-1")]
    assert found(theirs, ours) == {"c1", "c2", "c3"}
    assert found(theirs[1:], ours) == set()
