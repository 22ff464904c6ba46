"""Random histories of a stage and the one before it, over several releases; same seed, same bytes.

Files are regions of lines, far enough apart for git to merge them one by one. So the result of a
merge is computed here, and a whole history is one `git fast-import`. Every change writes something
new, unless a history is to contain a *return*: then the later stage restores a file's earlier
content, or deletes a file in which there is work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from . import fastimport
from .fastimport import Stamp, text_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

File = tuple[int, ...]  # a number that makes its lines unique, then its regions
Tree = dict[str, File]

REGIONS, LINES = 5, 7
_FIRST_TIME = 1_700_000_000
_WHO = "Grace Hopper <grace@example.org>"
_FOLDERS = ("", "src/", "src/core/", "docs/")


@dataclass(frozen=True, slots=True)
class Releases:
    """The tips of both stages; `returned` are the paths that were restored on the later one."""

    seed: int
    earlier: str
    later: str
    returned: frozenset[str]


@dataclass(slots=True)
class _History:
    """A history in the making: commits with their trees, and the two stages.

    `once` is what the later stage has ever had, `worked` are the paths in which both have work,
    and `hot` those that only hotfixes changed.
    """

    rng: Random
    prefix: str
    last_mark: int
    returning: bool
    parts: list[bytes] = field(default_factory=list)
    trees: dict[int, Tree] = field(default_factory=dict)
    parents: dict[int, tuple[int, ...]] = field(default_factory=dict)
    once: dict[str, set[File | None]] = field(default_factory=dict)
    worked: set[str] = field(default_factory=set)
    hot: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    value: int = 0
    count: int = 0

    def fresh(self) -> int:
        self.value += 1
        return self.value

    def commit(self, tree: Tree, *parents: int) -> int:
        before = self.trees[parents[0]] if parents else {}
        self.last_mark += 1
        self.count += 1
        changes = {path.encode(): None for path in before if path not in tree} | {
            path.encode(): text_file(_text(each))
            for path, each in tree.items()
            if before.get(path) != each
        }
        self.parts.append(
            fastimport.commit(
                f"{self.prefix}/{self.count}",
                self.last_mark,
                stamp=Stamp(_WHO, _FIRST_TIME + self.count * 60),
                message=f"Commit {self.count}",
                parents=[f":{parent}" for parent in parents],
                changes=changes,
            )
        )
        self.trees[self.last_mark] = dict(tree)
        self.parents[self.last_mark] = parents
        return self.last_mark

    def ancestors(self, mark: int) -> set[int]:
        found, open_ = set[int](), [mark]
        while open_:
            if (one := open_.pop()) not in found:
                found.add(one)
                open_ += self.parents[one]
        return found


def build_releases(seeds: Iterable[int], bare: Path, *, returning: bool) -> tuple[Releases, ...]:
    """Import a history for each seed into `bare`; with `returning` some files are restored."""
    drafts: list[tuple[int, _History, int, int]] = []
    last = 0
    for seed in seeds:
        history = _History(Random(seed), f"refs/heads/{seed}-{returning}", last, returning)
        earlier, later = _play(history)
        drafts.append((seed, history, earlier, later))
        last = history.last_mark
    stream = b"".join(part for _, history, _, _ in drafts for part in history.parts)
    shas = fastimport.run(bare, stream, [mark for _, _, *pair in drafts for mark in pair])
    return tuple(
        Releases(seed, earlier, later, frozenset(history.returned))
        for (seed, history, _, _), earlier, later in zip(drafts, shas[::2], shas[1::2], strict=True)
    )


def _play(history: _History) -> tuple[int, int]:
    """Play some releases, and return the marks of both stages at the end."""
    rng = history.rng
    tree: Tree = {}
    for _ in range(rng.randint(4, 9)):
        _add(history, tree)
    earlier = later = history.commit(tree)
    history.once = {path: {content} for path, content in tree.items()}
    for _ in range(rng.randint(2, 5)):
        for _ in range(rng.randint(1, 4)):
            earlier = history.commit(_changed(history, earlier), earlier)
        before, later = later, _merged(history, later, earlier) or later
        history.worked |= _differing(history, before, later)
        _remember(history, history.trees[later])
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            later = _hotfix(history, later)
        if rng.random() < 0.4 and (down := _merged(history, earlier, later)):
            earlier = down
            history.worked |= history.hot
    for _ in range(rng.randint(0, 3)):
        earlier = history.commit(_changed(history, earlier), earlier)
    return earlier, _hotfix(history, later)


def _hotfix(history: _History, later: int) -> int:
    """Commit on the later stage, directly or on a branch that is then merged."""
    tree = _changed(history, later, hotfix=True)
    made = history.commit(tree, later)
    _remember(history, tree)
    history.hot |= _differing(history, later, made)
    return history.commit(tree, later, made) if history.rng.random() < 0.4 else made


def _changed(history: _History, on: int, *, hotfix: bool = False) -> Tree:
    """Return a tree with one to three changes."""
    tree = dict(history.trees[on])
    for _ in range(history.rng.randint(1, 3)):
        kind = history.rng.choices(("edit", "add", "move", "delete"), (60, 25, 10, 5))[0]
        known = sorted(tree)
        if kind == "add" or len(known) < 3:
            _add(history, tree)
        elif kind == "edit":
            _edit(history, tree, history.rng.choice(known))
        elif kind == "move":
            path = history.rng.choice(known)
            tree[_name(history)] = tree.pop(path)
            _note(history, path, None, hotfix=hotfix, moved=True)
        elif (path := history.rng.choice(known)) in history.trees[on] and (  # none just moved there
            not hotfix or history.returning or not _takes_back(history, path, None)
        ):
            del tree[path]
            _note(history, path, None, hotfix=hotfix)
    if hotfix and history.returning:
        for path in sorted(tree):
            old = history.once.get(path, set()) - {tree[path], None}
            if old and history.rng.random() < 0.3:
                tree[path] = history.rng.choice(sorted(filter(None, old)))
                _note(history, path, tree[path], hotfix=True)
    return tree


def _note(
    history: _History, path: str, content: File | None, *, hotfix: bool, moved: bool = False
) -> None:
    """Record a path that returned to a former state on the later stage."""
    if hotfix and not moved and _takes_back(history, path, content):
        history.returned.add(path)


def _takes_back(history: _History, path: str, content: File | None) -> bool:
    """Return whether work may be lost if the later stage has this content, or no such file."""
    return content in history.once.get(path, set()) or (content is None and path in history.worked)


def _remember(history: _History, tree: Tree) -> None:
    """Remember the content of the later stage; a path that is new there was absent before."""
    for path, content in tree.items():
        history.once.setdefault(path, {None}).add(content)


def _differing(history: _History, one: int, other: int) -> set[str]:
    """Return the paths in which two commits differ."""
    before, after = history.trees[one], history.trees[other]
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def _name(history: _History) -> str:
    return f"{history.rng.choice(_FOLDERS)}f{history.fresh()}.txt"


def _add(history: _History, tree: Tree) -> None:
    tree[_name(history)] = tuple(history.fresh() for _ in range(1 + REGIONS))


def _edit(history: _History, tree: Tree, path: str) -> None:
    regions = list(tree[path])
    regions[history.rng.randint(1, REGIONS)] = history.fresh()
    tree[path] = tuple(regions)


def _text(content: File) -> str:
    """Return a file's text: unique lines, with each region's value in its middle."""
    own, *regions = content
    return "".join(
        f"{own} {region} {line}\n" if line != LINES // 2 else f"value {value}\n"
        for region, value in enumerate(regions)
        for line in range(LINES)
    )


def _merged(history: _History, ours: int, theirs: int) -> int | None:
    """Merge if there is one merge base and no conflict; otherwise return None."""
    common = history.ancestors(ours) & history.ancestors(theirs)
    if theirs in common:
        return None
    inner = {p for mark in common for p in history.ancestors(mark) if p != mark}
    tips = common - inner
    if len(tips) != 1:
        return None
    tree = _three_way(*(history.trees[mark] for mark in (tips.pop(), ours, theirs)))
    return None if tree is None else history.commit(tree, ours, theirs)


def _three_way(base: Tree, ours: Tree, theirs: Tree) -> Tree | None:
    merged: Tree = {}
    for path in {*base, *ours, *theirs}:
        old, mine, other = base.get(path), ours.get(path), theirs.get(path)
        chosen = mine if other == old else other
        if mine != old and other not in (old, mine):
            if not (old and mine and other):
                return None
            regions = list(zip(old, mine, other, strict=True))
            if any(len({*region}) == len(region) for region in regions):
                return None
            chosen = tuple(t if o == b else o for b, o, t in regions)
        if chosen is not None:
            merged[path] = chosen
    return merged
