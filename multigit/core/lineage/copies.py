"""Copies of commits whose originals the other side got by a merge that joined both histories.

A rebase merge or a cherry-pick leaves a copy. While only one side has the original, git itself
compares the two; once it is in both histories, nothing does. A copy keeps its original's author,
author date, subject and patch. Its content is not on the other side if the original was reverted
there later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Patch:
    """What a commit does to one path: content before and after, and git's lines without numbers."""

    before: str = ""
    after: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patched:
    """A commit with its patches by path; `origin` is what a copy shares with its original."""

    sha: str
    origin: tuple[str, ...]
    patches: Mapping[str, Patch] = field(default_factory=dict)

    def lines(self) -> dict[str, tuple[str, ...]]:
        """Return the lines of its patches by path, whatever the files around them."""
        return {path: patch.lines for path, patch in self.patches.items()}


def originals(commits: Sequence[Patched], suspects: AbstractSet[str]) -> dict[str, Patched]:
    """Return, for each suspect that is a copy of another one of these commits, the original."""
    others = [each for each in commits if each.sha not in suspects and each.patches]
    return {
        copy.sha: each
        for copy in commits
        if copy.sha in suspects
        for each in others
        if copy.origin == each.origin and copy.lines() == each.lines()
    }


def still_there(original: Patched, history: Sequence[Patched]) -> bool:
    """Return whether no later commit reverted what this one did to any path.

    `history` has the commits that touch its paths, newest first, with merges against each parent.
    """
    ids = [each.sha for each in history]
    if original.sha not in ids:
        return False
    later = history[: ids.index(original.sha)]
    return not any(
        _reverts(each.patches[path], patch)
        for each in later
        for path, patch in original.patches.items()
        if path in each.patches
    )


def _reverts(later: Patch, patch: Patch) -> bool:
    """Return whether the content returns to what it was, or the same lines change back."""
    if later.after == patch.before:
        return True
    back = _inverse(patch.lines)
    return bool(back) and back == [line for line in later.lines if _is_change(line)]


def _inverse(lines: Sequence[str]) -> list[str]:
    """Return the changes that revert these; in each place, removed lines before added ones."""
    back = []
    for changes, run in groupby(lines, key=_is_change):
        if changes:
            reverted = [("+" if line[0] == "-" else "-") + line[1:] for line in run]
            back += sorted(reverted, key=lambda line: line[0] == "+")
    return back


def _is_change(line: str) -> bool:
    return line[:1] in {"-", "+"}
