"""Changes line by line: whether one puts back lines that another had replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from re import compile as pattern

_HEAD = pattern(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that a change replaced; `old` and `new` are where they stand on both sides, from 0."""

    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


def read_hunks(patch: Iterable[str]) -> Iterator[Hunk]:
    """Read the hunks of one file's patch, which has no lines of context."""
    places, sides = (0, 0), dict[str, list[str]]()
    for line in patch:
        if head := _HEAD.match(line):
            if sides:
                yield Hunk(*places, tuple(sides["-"]), tuple(sides["+"]))
            # Of no lines, git names the one before them.
            old, new = (int(head[i]) - (head[i + 1] != "0") for i in (1, 3))
            places, sides = (old, new), {"-": [], "+": []}
        elif sides and line[:1] in sides:
            sides[line[0]].append(line[1:])
    if sides:
        yield Hunk(*places, tuple(sides["-"]), tuple(sides["+"]))


def puts_back(work: Sequence[Hunk], then: Sequence[Hunk]) -> bool:
    """Tell whether a change takes back some of the work that it builds on."""
    return any(_undoes(done, taken) for done in work for taken in then)


def only_puts_back(work: Sequence[Hunk], then: Sequence[Hunk]) -> bool:
    """Tell whether a change does no more than to take back some of the work, hunk by hunk."""
    done = {(each.added, each.removed) for each in work}
    return all((each.removed, each.added) in done for each in then)


def _undoes(done: Hunk, taken: Hunk) -> bool:
    """Tell whether a later hunk, at the same place, has a line again that an earlier one removed.

    Where that had only added lines, none of them may be left, nor anything in their place.
    """
    end, taken_end = done.new + len(done.added), taken.old + len(taken.removed)
    if taken.old > end or done.new > taken_end:
        return False
    if lines := _telling(done.removed) - _telling(done.added):
        return not lines.isdisjoint(taken.added)
    added, removed = _telling(done.added), _telling(taken.removed)
    gone = bool(added) and added <= removed and added.isdisjoint(taken.added)
    return gone and (not taken.added or added < removed)


def _telling(lines: Sequence[str]) -> set[str]:
    return {line for line in lines if line.strip()}
