"""Which commits have arrived in another way: rebased, picked or squashed.

Ancestry does not know of it: the other side has their content in commits with other ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

LONGEST = 200  # commits that one squash may hold

Effect = frozenset[tuple[str, str, str]]
Side = Mapping[str, "Own"]


@dataclass(frozen=True, slots=True)
class Own:
    """A commit that one side has and the other lacks.

    `effect` holds path, content before and content after, against the first parent. `same` is
    True where git found its patch on the other side.
    """

    sha: str
    tree: str
    parents: tuple[str, ...]
    effect: Effect = frozenset()
    same: bool = False


def arrived(theirs: Side, ours: Side, *, theirs_tip: str, ours_tip: str) -> frozenset[str]:
    """Return the commits of `theirs` whose content `ours` got as well.

    None where `ours` took such content back later: then a merge brings it once more.
    """
    found = {sha for sha, each in theirs.items() if each.same}
    mine = line(ours, ours_tip)
    trees = {each.tree for each in ours.values()}
    for sha, each in theirs.items():
        if each.tree in trees and not taken_back_since(mine, each):
            found |= reached(theirs, sha)  # with all that led to it
    effects = {each.effect for each in ours.values() if each.effect}
    got = {each.effect for each in ours.values() if each.same}
    for last, before, effect in stretches(line(theirs, theirs_tip), effects):
        found |= reached(theirs, last) - reached(theirs, before)
        got.add(effect)
    for _, _, effect in stretches(mine, {each.effect for each in theirs.values()}):
        found |= {sha for sha, each in theirs.items() if each.effect == effect}
        got.add(effect)
    if any(inverse(effect) in effects for effect in got):
        return frozenset()
    return frozenset(found)


def taken_back_since(commits: Sequence[Own], same: Own) -> bool:
    """Tell whether a line had the very files of a commit, and put one back that it had changed."""
    place = max((at for at, each in enumerate(commits) if each.tree == same.tree), default=-1)
    together: dict[str, tuple[str, str]] = {}
    for each in commits[place + 1 :] if place >= 0 else ():
        put_together(together, each.effect)
    return any(together.get(path) == (after, before) for path, before, after in same.effect)


def stretches(
    commits: Sequence[Own], wanted: AbstractSet[Effect]
) -> Iterator[tuple[str, str, Effect]]:
    """Yield the stretches of a line, oldest first, that have a wanted effect when put together.

    Each with its last commit, the one before its first one (empty for none), and the effect.
    """
    sizes = {len(effect) for effect in wanted} - {0}
    paths = {path for effect in wanted for path, _, _ in effect}
    for start in range(len(commits)):
        before = commits[start - 1].sha if start else ""
        together: dict[str, tuple[str, str]] = {}
        for each in commits[start : start + LONGEST]:
            put_together(together, each.effect)
            if not paths.issuperset(together):
                break
            if len(together) in sizes:
                effect = frozenset((path, *ends) for path, ends in together.items())
                if effect in wanted:
                    yield each.sha, before, effect


def put_together(together: dict[str, tuple[str, str]], effect: Effect) -> None:
    """Add what comes next to what was there; a path that is back where it began drops out."""
    for path, before, after in effect:
        first, _ = together.pop(path, (before, ""))
        if first != after:
            together[path] = (first, after)


def inverse(effect: Effect) -> Effect:
    """Return what takes this back."""
    return frozenset((path, after, before) for path, before, after in effect)


def line(side: Side, tip: str) -> list[Own]:
    """Return the first parents of a side, oldest first."""
    found: list[Own] = []
    while tip in side:
        found.append(side[tip])
        tip = side[tip].parents[0] if side[tip].parents else ""
    return found[::-1]


def reached(side: Side, sha: str) -> set[str]:
    """Return the commits of a side that this one builds on, itself included."""
    found: set[str] = set()
    waiting = [sha]
    while waiting:
        sha = waiting.pop()
        if sha in side and sha not in found:
            found.add(sha)
            waiting += side[sha].parents
    return found
