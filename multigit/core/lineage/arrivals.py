"""Which commits reached the other side in another way: rebased, cherry-picked or squashed.

Ancestry does not show it: the other side has their content in commits with other ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

LONGEST = 200  # commits that one squash may hold

Effect = frozenset[tuple[str, str, str]]
Side = Mapping[str, "OwnCommit"]


@dataclass(frozen=True, slots=True)
class OwnCommit:
    """A commit that one side has and the other lacks.

    `effect` holds path, content before and content after, against the first parent. `same` is
    True if git found its patch on the other side.
    """

    sha: str
    tree: str
    parents: tuple[str, ...]
    effect: Effect = frozenset()
    same: bool = False


def equivalents(theirs: Side, ours: Side, *, theirs_tip: str, ours_tip: str) -> frozenset[str]:
    """Return the commits of `theirs` whose content `ours` has as well.

    None of them if `ours` reverted such content later: then a merge has to bring it again.
    """
    found = {sha for sha, each in theirs.items() if each.same}
    mine = line(ours, ours_tip)
    trees = {each.tree for each in ours.values()}
    for sha, each in theirs.items():
        if each.tree in trees and not reverted_since(mine, each):
            found |= reached(theirs, sha)  # with its ancestors
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


def reverted_since(commits: Sequence[OwnCommit], same: OwnCommit) -> bool:
    """Return whether a line had the tree of a commit, and reverted one of its paths later."""
    place = max((at for at, each in enumerate(commits) if each.tree == same.tree), default=-1)
    combined: dict[str, tuple[str, str]] = {}
    for each in commits[place + 1 :] if place >= 0 else ():
        combine(combined, each.effect)
    return any(combined.get(path) == (after, before) for path, before, after in same.effect)


def stretches(
    commits: Sequence[OwnCommit], wanted: AbstractSet[Effect]
) -> Iterator[tuple[str, str, Effect]]:
    """Yield the stretches of a line, oldest first, whose combined effect is a wanted one.

    Each with its last commit, the commit before its first one (empty: none), and the effect.
    """
    sizes = {len(effect) for effect in wanted} - {0}
    paths = {path for effect in wanted for path, _, _ in effect}
    for start in range(len(commits)):
        before = commits[start - 1].sha if start else ""
        combined: dict[str, tuple[str, str]] = {}
        for each in commits[start : start + LONGEST]:
            combine(combined, each.effect)
            if not paths.issuperset(combined):
                break
            if len(combined) in sizes:
                effect = frozenset((path, *ends) for path, ends in combined.items())
                if effect in wanted:
                    yield each.sha, before, effect


def combine(combined: dict[str, tuple[str, str]], effect: Effect) -> None:
    """Add the next effect to the combined one; a path with its first content again drops out."""
    for path, before, after in effect:
        first, _ = combined.pop(path, (before, ""))
        if first != after:
            combined[path] = (first, after)


def inverse(effect: Effect) -> Effect:
    """Return the effect that reverts this one."""
    return frozenset((path, after, before) for path, before, after in effect)


def line(side: Side, tip: str) -> list[OwnCommit]:
    """Return the first-parent commits of a side, oldest first."""
    commits: list[OwnCommit] = []
    while tip in side:
        commits.append(side[tip])
        tip = side[tip].parents[0] if side[tip].parents else ""
    return commits[::-1]


def reached(side: Side, sha: str) -> set[str]:
    """Return the commits of a side that this one builds on, and itself."""
    ancestors: set[str] = set()
    pending = [sha]
    while pending:
        sha = pending.pop()
        if sha in side and sha not in ancestors:
            ancestors.add(sha)
            pending += side[sha].parents
    return ancestors
