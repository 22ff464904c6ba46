"""Changes line by line: whether one puts back lines that another had replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from re import compile as pattern

_HEAD = pattern(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that a change replaced; `old` and `new` are their places on both sides, from 0."""

    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


def read_hunks(patch: Iterable[str]) -> Iterator[Hunk]:
    """Read the hunks of one file's patch, which has no lines of context."""
    sides = dict[str, list[str]]()
    hunks = list[tuple[int, int, dict[str, list[str]]]]()
    for line in patch:
        if head := _HEAD.match(line):
            # If there are no lines, git names the one before.
            old, new = (int(head[i]) - (head[i + 1] != "0") for i in (1, 3))
            sides = {"-": [], "+": []}
            hunks.append((old, new, sides))
        elif line[:1] in sides:
            sides[line[0]].append(line[1:])
    for old, new, sides in hunks:
        yield Hunk(old, new, tuple(sides["-"]), tuple(sides["+"]))


def puts_back(work: Sequence[Hunk], then: Sequence[Hunk]) -> bool:
    """Return whether a change reverts some of the work that it builds on."""
    return any(_undoes(done, later) for done in work for later in then)


def only_puts_back(work: Sequence[Hunk], then: Sequence[Hunk]) -> bool:
    """Return whether a change does nothing but revert some of the work, hunk by hunk.

    A hunk of the work is reverted once: the same change in another place is another one.
    """
    done = Counter((each.added, each.removed) for each in work)
    return not Counter((each.removed, each.added) for each in then) - done


def _undoes(done: Hunk, later: Hunk) -> bool:
    """Return whether a later hunk, at the same place, restores a line that an earlier one removed.

    If the earlier one only added lines, none of them may remain, nor anything in their place.
    """
    end, later_end = done.new + len(done.added), later.old + len(later.removed)
    if later.old > end or done.new > later_end:
        return False
    if lines := _with_text(done.removed) - _with_text(done.added):
        return not lines.isdisjoint(later.added)
    added, removed = _with_text(done.added), _with_text(later.removed)
    gone = bool(added) and added <= removed and added.isdisjoint(later.added)
    return gone and (not later.added or added < removed)


def _with_text(lines: Sequence[str]) -> set[str]:
    return {line for line in lines if line.strip()}
