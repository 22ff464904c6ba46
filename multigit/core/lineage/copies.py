"""Copies of commits whose originals the other side got by a merge that joined both histories.

A rebase merge or a cherry-pick leaves a copy. While only one side has the original, git itself
compares the two; once it is in both histories, nothing does. A copy keeps its original's author,
author date, subject and patch. Its content is not on the other side if the original was reverted
there later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def originals(commits: Sequence[Patched], suspects: AbstractSet[str]) -> dict[str, Patched]:
    """Return, for each suspect that is a copy of another one of these commits, the original."""
    others = [each for each in commits if each.sha not in suspects and each.patches]
    return {
        copy.sha: each
        for copy in commits
        if copy.sha in suspects
        for each in others
        if copy.origin == each.origin and _same(copy.patches, each.patches)
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
        _takes_back(each.patches[path], patch)
        for each in later
        for path, patch in original.patches.items()
        if path in each.patches
    )


def _same(some: Mapping[str, Patch], others: Mapping[str, Patch]) -> bool:
    """Return whether patches have the same lines: the files around them may differ."""
    return {path: patch.lines for path, patch in some.items()} == {
        path: patch.lines for path, patch in others.items()
    }


def _takes_back(later: Patch, patch: Patch) -> bool:
    """Return whether the content returns to what it was, or the same lines change back."""
    back = _changes([*_inverse(patch.lines)])
    return later.after == patch.before or (bool(back) and _changes(later.lines) == back)


def _changes(lines: Sequence[str]) -> list[str]:
    """Return the removed and the added lines, without those around them."""
    return [line for line in lines if line[:1] in {"-", "+"}]


def _inverse(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that revert these; in each place, removed ones come before added ones."""
    swapped = {"-": "+", "+": "-"}
    for changes, run in groupby(lines, key=lambda line: line[:1] in swapped):
        if not changes:
            yield from run
        else:
            reverted = [swapped[line[0]] + line[1:] for line in run]
            yield from sorted(reverted, key=lambda line: line[0] == "+")
