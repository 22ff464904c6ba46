"""Random histories of two branches, for comparing merges; the same seed gives the same bytes.

A history is a few *scenarios* (two edits, a rename against an edit, attributes on one side, …),
applied to a common base and its two sides, and a *shape*: how the two sides were merged with each
other before. Whether the sides are meant to collide is drawn for each history.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from . import fastimport
from .fastimport import EXECUTABLE, FILE, GITLINK, SYMLINK, Entry, Stamp, text_file
from .oracle import Outcome, oracle, unlabelled

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FEATURES",
    "History",
    "Outcome",
    "build",
    "build_many",
    "oracle",
    "random_history",
    "unlabelled",
]

Tree = dict[bytes, Entry]

REGIONS = 4
_REGION_LINES = 6
_FIRST_TIME = 1_700_000_000
_WHO = "Grace Hopper <grace@example.org>"
_COLLIDING = 0.45
_HALF = 0.5
_SELDOM = 0.2
_FOLDERS = (b"", b"src/", b"src/core/", b"lib/", b"docs/")
_WORDS = b"amber basil cedar delta ember fjord grove heron islet jetty knoll larch maple".split()

# APFS accepts only names in UTF-8.
_ANY_BYTES = sys.platform != "darwin"
_ODD_BEGINNINGS = (
    b"-",
    b"a b ",
    b"new\nline",
    b'quo"te',
    b"back\\",
    b":(top)",
    b"[x]*",
    "日本-ü".encode(),
    b"raw\xff" if _ANY_BYTES else b"raw",
)
_ODD_NAMES = (
    b"with space.txt",
    b"-dash.txt",
    b"--output=f",
    b"new\nline.txt",
    b"tab\there.txt",
    b'quo"te.txt',
    b"back\\slash.txt",
    b"star*.txt",
    b":(top)magic.txt",
    b"~tilde",
    "umläut-日本/ß.txt".encode(),
    "emoji-🚀.txt".encode(),
    b"raw-\xff\xfe.txt" if _ANY_BYTES else b"raw",
    b"latin-\xe9/a.txt" if _ANY_BYTES else b"latin",
)


@dataclass(frozen=True, slots=True)
class History:
    """Two tips to merge; `features` names its scenarios and its shape."""

    seed: int
    target_sha: str
    source_sha: str
    features: frozenset[str]


def random_history(seed: int) -> bytes:
    """The `git fast-import` stream of one history, ending in `refs/heads/SEED/{target,source}`."""
    return _compose(seed, 0).stream


def build(seed: int, bare: Path) -> History:
    """Import one history into `bare`."""
    return build_many([seed], bare)[0]


def build_many(seeds: Iterable[int], bare: Path, shape: str | None = None) -> tuple[History, ...]:
    """Import a history for each seed into `bare` with one process, all of one shape if given."""
    parts: list[_Composition] = []
    for seed in seeds:
        parts.append(_compose(seed, parts[-1].last_mark if parts else 0, shape))
    marks = [mark for part in parts for mark in (part.target, part.source)]
    shas = fastimport.run(bare, b"".join(part.stream for part in parts), marks)
    tips = zip(shas[::2], shas[1::2], strict=True)
    return tuple(
        History(part.seed, target, source, part.features)
        for part, (target, source) in zip(parts, tips, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Composition:
    seed: int
    stream: bytes
    target: int
    source: int
    last_mark: int
    features: frozenset[str]


def _compose(seed: int, last_mark: int, shape: str | None = None) -> _Composition:
    rng = Random(seed)
    draft = Draft(rng, collide=rng.random() < _COLLIDING)
    steps = _begin(draft)
    drawn = rng.choices(list(_SHAPES), [weight for weight, _ in _SHAPES.values()])[0]
    shape = shape or drawn
    writer = _Writer(f"refs/heads/{seed}", last_mark)
    target, source = _SHAPES[shape][1](draft, steps, writer)
    writer.name("target", target)
    writer.name("source", source)
    features = frozenset(draft.features | {shape})
    return _Composition(seed, writer.stream(), target, source, writer.last_mark, features)


def _begin(draft: Draft) -> list[Iterator[None]]:
    """Draw scenarios and let each add its part of the base; the rest of each is one step."""
    chosen = ["edits", *draft.rng.sample(sorted(_SCENARIOS), draft.rng.randint(2, 4))]
    steps = [_SCENARIOS[name](draft) for name in chosen]
    for step in steps:
        next(step)
    draft.features.update(chosen)
    draft.target, draft.source = dict(draft.base), dict(draft.base)
    return steps


# --- A history in the making


@dataclass(slots=True)
class Draft:
    """The base and the two sides so far."""

    rng: Random
    collide: bool
    base: Tree = field(default_factory=dict)
    target: Tree = field(default_factory=dict)
    source: Tree = field(default_factory=dict)
    features: set[str] = field(default_factory=set)
    _names: int = 0

    def sides(self) -> tuple[Tree, Tree]:
        """Target and source in random order."""
        pair = (self.target, self.source)
        return pair if self.rng.random() < _HALF else pair[::-1]

    def name(self, suffix: bytes = b".txt") -> bytes:
        """An unused path in a random folder; sometimes an odd one."""
        self._names += 1
        odd = self.rng.choice(_ODD_BEGINNINGS) if self.rng.random() < _SELDOM else b""
        return self.rng.choice(_FOLDERS) + odd + b"f%d%s" % (self._names, suffix)

    def text(self) -> bytes:
        """Lines that no other file has, in REGIONS regions; sometimes without the last newline."""
        lines = [
            b" ".join(self.rng.choices(_WORDS, k=2)) + b" %06d\n" % self.rng.randrange(10**6)
            for _ in range(REGIONS * _REGION_LINES)
        ]
        text = b"".join(lines)
        return text.rstrip(b"\n") if self.rng.random() < _SELDOM else text

    def binary(self) -> bytes:
        """Some bytes, including NULs."""
        return b"\0\1" + self.rng.randbytes(40) + b"\0"

    def sha(self) -> bytes:
        """The SHA of some commit elsewhere."""
        return self.rng.randbytes(20).hex().encode()

    def lay(self, path: bytes, data: bytes | None = None, mode: bytes = FILE) -> bytes:
        """Add a file, by default a text, to the base, and return its path."""
        put(self.base, path, Entry(mode, self.text() if data is None else data))
        return path

    def regions(self) -> tuple[int, int]:
        """A region for each side: the same one if the sides collide, otherwise two far apart."""
        first = self.rng.randrange(REGIONS)
        return first, first if self.collide else (first + 2) % REGIONS

    def edit(self, side: Tree, path: bytes, region: int) -> None:
        """Change the third line of a region, unless the side no longer has such a file."""
        if path not in side or side[path].mode in (SYMLINK, GITLINK):
            return
        lines = side[path].data.splitlines(keepends=True)
        at = min(region * _REGION_LINES + 2, len(lines))
        ending = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
        new = b"%s %06d" % (self.rng.choice(_WORDS), self.rng.randrange(10**6)) + ending
        kept = self.rng.choice((0, 1, 1, 1, 2))
        lines[at : at + kept] = [new]
        side[path] = replace(side[path], data=b"".join(lines))

    def edit_both(self, path: bytes) -> None:
        """One edit on each side, colliding or not."""
        first, second = self.regions()
        self.edit(self.target, path, first)
        self.edit(self.source, path, second)


def put(tree: Tree, path: bytes, entry: Entry) -> None:
    """Set a path, and remove the files or the folder that are in its way."""
    parts = path.split(b"/")
    for count in range(1, len(parts)):
        tree.pop(b"/".join(parts[:count]), None)
    for inner in [other for other in tree if other.startswith(path + b"/")]:
        del tree[inner]
    tree[path] = entry


def move(tree: Tree, old: bytes, new: bytes) -> None:
    """Rename a file, or a folder if both names end in a slash."""
    folder = old.endswith(b"/")
    for path in [path for path in tree if path == old or (folder and path.startswith(old))]:
        put(tree, new + path[len(old) :], tree.pop(path))


def combine(base: Tree, first: Tree, second: Tree) -> Tree:
    """A merge in a hurry: where both sides changed a path, the first one wins."""
    merged: Tree = {}
    for path in sorted(base.keys() | first.keys() | second.keys()):
        mine, theirs = first.get(path), second.get(path)
        entry = theirs if mine == base.get(path) else mine
        if entry is not None:
            put(merged, path, entry)
    return merged


# --- Scenarios: each adds its files, yields, and then changes the sides

Scenario = Callable[[Draft], Iterator[None]]
_SCENARIOS: dict[str, Scenario] = {}


def _scenario(make: Scenario) -> Scenario:
    _SCENARIOS[make.__name__] = make
    return make


@_scenario
def edits(draft: Draft) -> Iterator[None]:
    paths = [draft.lay(draft.name()) for _ in range(draft.rng.randint(1, 3))]
    yield
    for path in paths:
        draft.edit_both(path)


@_scenario
def same_change(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name())
    yield
    draft.edit(draft.target, path, 1)
    if path in draft.target:
        put(draft.source, path, draft.target[path])


@_scenario
def rename(draft: Draft) -> Iterator[None]:
    old, new = draft.lay(draft.name()), draft.name()
    yield
    one, two = draft.sides()
    first, second = draft.regions()
    draft.edit(one, old, first)
    move(one, old, new)
    draft.edit(two, old, second)


@_scenario
def rename_twice(draft: Draft) -> Iterator[None]:
    old, new, other = draft.lay(draft.name()), draft.name(), draft.name()
    yield
    one, two = draft.sides()
    draft.edit(one, old, 0)
    move(one, old, new)
    move(two, old, other if draft.collide else new)


@_scenario
def rename_onto_one(draft: Draft) -> Iterator[None]:
    olds, new = [draft.lay(draft.name()), draft.lay(draft.name())], draft.name()
    yield
    one, two = draft.sides()
    move(one, olds[0], new)
    move(two, olds[1], new if draft.collide else draft.name())


@_scenario
def directory_rename(draft: Draft) -> Iterator[None]:
    old, new = draft.name(b"/"), draft.name(b"/")
    paths = [draft.lay(old + b"in%d.txt" % number) for number in range(3)]
    yield
    one, two = draft.sides()
    move(one, old, new)
    draft.edit(two, paths[0], 1)
    if draft.collide:
        put(two, old + b"added.txt", text_file(draft.text()))


@_scenario
def directory_split(draft: Draft) -> Iterator[None]:
    old, new, other = draft.name(b"/"), draft.name(b"/"), draft.name(b"/")
    for number in range(4):
        draft.lay(old + b"in%d.txt" % number)
    yield
    one, two = draft.sides()
    for number in range(4):
        name = b"in%d.txt" % number
        move(one, old + name, (new, other)[number % 2] + name)
    if draft.collide:
        put(two, old + b"added.txt", text_file(draft.text()))


@_scenario
def file_directory(draft: Draft) -> Iterator[None]:
    path = draft.name(b"")
    yield
    one, two = draft.sides()
    put(one, path, text_file(draft.text()))
    put(two, (path if draft.collide else draft.name(b"")) + b"/inner.txt", text_file(draft.text()))


@_scenario
def file_becomes_directory(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(b""))
    yield
    one, two = draft.sides()
    if draft.rng.random() < _HALF:
        move(one, path, path + b"/inner.txt")
    put(one, path + b"/more.txt", text_file(draft.text()))
    if draft.collide:
        draft.edit(two, path, 1)


@_scenario
def directory_becomes_file(draft: Draft) -> Iterator[None]:
    path = draft.name(b"")
    inner = draft.lay(path + b"/inner.txt")
    yield
    one, two = draft.sides()
    put(one, path, text_file(draft.text()))
    if draft.collide:
        draft.edit(two, inner, 1)


@_scenario
def symlink(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(b""), b"nowhere", SYMLINK)
    yield
    one, two = draft.sides()
    put(one, path, Entry(SYMLINK, b"somewhere"))
    if draft.collide:
        put(two, path, Entry(SYMLINK, b"elsewhere"))


@_scenario
def file_becomes_symlink(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name())
    yield
    one, two = draft.sides()
    put(one, path, Entry(SYMLINK, b"README.md"))
    if draft.collide:
        draft.edit(two, path, 1)


@_scenario
def mode(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(b".sh"))
    yield
    one, two = draft.sides()
    if path in one:
        put(one, path, replace(one[path], mode=EXECUTABLE))
    draft.edit(two, path, 1)


@_scenario
def mode_added(draft: Draft) -> Iterator[None]:
    path, data = draft.name(b".sh"), draft.text()
    yield
    put(draft.target, path, Entry(EXECUTABLE, data))
    put(draft.source, path, Entry(FILE if draft.collide else EXECUTABLE, data))


@_scenario
def delete(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name())
    yield
    one, two = draft.sides()
    one.pop(path, None)
    if draft.collide:
        draft.edit(two, path, 1)


@_scenario
def binary(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(b".bin"), draft.binary())
    yield
    one, two = draft.sides()
    put(one, path, Entry(FILE, draft.binary()))
    if draft.collide:
        put(two, path, Entry(FILE, draft.binary()))


@_scenario
def added_twice(draft: Draft) -> Iterator[None]:
    path, data = draft.name(), draft.text()
    yield
    put(draft.target, path, text_file(data))
    put(draft.source, path, text_file(draft.text() if draft.collide else data))


@_scenario
def empty_file(draft: Draft) -> Iterator[None]:
    path, new = draft.lay(draft.name(), b""), draft.name()
    yield
    one, two = draft.sides()
    move(one, path, new)
    if draft.collide:
        put(two, path, text_file(draft.text()))


@_scenario
def submodule(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(b""), draft.sha(), GITLINK)
    yield
    one, two = draft.sides()
    put(one, path, Entry(GITLINK, draft.sha()))
    if draft.collide:
        put(two, path, Entry(GITLINK, draft.sha()))


@_scenario
def odd_name(draft: Draft) -> Iterator[None]:
    path, added = draft.rng.sample(_ODD_NAMES, 2)
    draft.lay(path)
    yield
    draft.edit_both(path)
    one, two = draft.sides()
    put(one, added, text_file(draft.text()))
    if draft.collide:
        put(two, added, text_file(draft.text()))


@_scenario
def crlf(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name(), _with_crlf(draft.text()))
    yield
    draft.edit_both(path)


@_scenario
def crlf_conversion(draft: Draft) -> Iterator[None]:
    path = draft.lay(draft.name())
    yield
    one, two = draft.sides()
    if path in one:
        put(one, path, text_file(_with_crlf(one[path].data)))
    if draft.collide:
        draft.edit(two, path, 1)


@_scenario
def attribute_union(draft: Draft) -> Iterator[None]:
    return _attributed(draft, b"*.log merge=union")


@_scenario
def attribute_no_merge(draft: Draft) -> Iterator[None]:
    return _attributed(draft, draft.rng.choice((b"*.log -merge", b"*.log binary")))


@_scenario
def attribute_eol(draft: Draft) -> Iterator[None]:
    return _attributed(draft, draft.rng.choice((b"*.log text eol=crlf", b"* text=auto eol=crlf")))


@_scenario
def attribute_marker_size(draft: Draft) -> Iterator[None]:
    return _attributed(draft, b"*.log conflict-marker-size=20")


@_scenario
def attribute_custom_driver(draft: Draft) -> Iterator[None]:
    return _attributed(draft, b"*.log merge=custom")


def _attributed(draft: Draft, line: bytes) -> Iterator[None]:
    """Files that both sides edit, with an attribute in the base, on one side or on both."""
    folder = draft.rng.choice(_FOLDERS)
    near = b"" if draft.rng.random() < _HALF else folder
    together, apart = folder + draft.name(b".log").rpartition(b"/")[2], draft.name(b".log")
    ending = _with_crlf if draft.rng.random() < _SELDOM else bytes
    for path in (together, apart):
        draft.lay(path, ending(draft.text()))
    place = draft.rng.choice(("base", "target", "source", "both"))
    if place == "base":
        _add_line(draft.base, near + b".gitattributes", line)
    draft.features.update((f"attributes in {place}", "subfolder" if near else "top folder"))
    yield
    for side in ("target", "source"):
        if place in (side, "both"):
            tree = draft.target if side == "target" else draft.source
            _add_line(tree, near + b".gitattributes", line)
    draft.edit_both(apart)
    draft.edit(draft.target, together, 1)
    draft.edit(draft.source, together, 1 if draft.collide else 3)


def _add_line(tree: Tree, path: bytes, line: bytes) -> None:
    before = tree[path].data if path in tree else b""
    put(tree, path, text_file(before + line + b"\n"))


def _with_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# --- Shapes: how the sides become commits, and what was merged before


class _Writer:
    """Turns trees into commits of one fast-import stream."""

    def __init__(self, prefix: str, last_mark: int) -> None:
        self.last_mark = last_mark
        self._prefix = prefix
        self._first_mark = last_mark
        self._trees: dict[int, Tree] = {}
        self._parts: list[bytes] = []

    def commit(self, tree: Tree, *parents: int) -> int:
        """Add a commit and return its mark."""
        before = self._trees[parents[0]] if parents else {}
        changes: dict[bytes, Entry | None] = {path: None for path in before if path not in tree}
        changes |= {path: entry for path, entry in tree.items() if before.get(path) != entry}
        self.last_mark += 1
        number = self.last_mark - self._first_mark
        self._parts.append(
            fastimport.commit(
                f"{self._prefix}/target",
                self.last_mark,
                stamp=Stamp(_WHO, _FIRST_TIME + number * 60),
                message=f"Commit {number}",
                parents=[f":{parent}" for parent in parents],
                changes=changes,
            )
        )
        self._trees[self.last_mark] = dict(tree)
        return self.last_mark

    def chain(self, parent: int, trees: Iterable[Tree]) -> int:
        """Add commits one after the other and return the last one's mark."""
        for tree in trees:
            parent = self.commit(tree, parent)
        return parent

    def name(self, branch: str, mark: int) -> None:
        """Point a branch at a commit."""
        self._parts.append(fastimport.point(f"{self._prefix}/{branch}", f":{mark}"))

    def stream(self) -> bytes:
        """Everything that was added."""
        return b"".join(self._parts)


Marks = tuple[int, int]


def _advance(draft: Draft, steps: Iterable[Iterator[None]], writer: _Writer, at: Marks) -> Marks:
    """Run steps; each becomes a commit on either side."""
    targets, sources = [], []
    for step in steps:
        next(step, None)
        targets.append(dict(draft.target))
        sources.append(dict(draft.source))
    return writer.chain(at[0], targets), writer.chain(at[1], sources)


def _fork(draft: Draft, writer: _Writer) -> Marks:
    base = writer.commit(draft.base)
    return base, base


def _plain(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    return _advance(draft, steps, writer, _fork(draft, writer))


def _promoted(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """The source was merged into the target once before."""
    target, source = _advance(draft, steps[:2], writer, _fork(draft, writer))
    draft.target = combine(draft.base, draft.target, draft.source)
    merge = writer.commit(draft.target, target, source)
    return _advance(draft, steps[2:], writer, (merge, source))


def _back_merged(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """The target was merged into the source once before."""
    target, source = _advance(draft, steps[:2], writer, _fork(draft, writer))
    draft.source = combine(draft.base, draft.source, draft.target)
    merge = writer.commit(draft.source, source, target)
    return _advance(draft, steps[2:], writer, (target, merge))


def _criss_cross(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """Each was merged into the other at the same time: two merge bases."""
    target, source = _advance(draft, steps[:2], writer, _fork(draft, writer))
    draft.target, draft.source = (
        combine(draft.base, draft.target, draft.source),
        combine(draft.base, draft.source, draft.target),
    )
    into_target = writer.commit(draft.target, target, source)
    into_source = writer.commit(draft.source, source, target)
    return _advance(draft, steps[2:], writer, (into_target, into_source))


def _already_merged(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """The target contains all of the source."""
    target, source = _plain(draft, steps, writer)
    merged = combine(draft.base, draft.target, draft.source)
    return writer.commit(merged, target, source), source


def _ahead(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """The source contains all of the target."""
    target, _ = at = _fork(draft, writer)
    return target, _advance(draft, steps, writer, at)[1]


def _same_content(draft: Draft, steps: list[Iterator[None]], writer: _Writer) -> Marks:
    """Different commits, equal trees."""
    target, source = _plain(draft, steps, writer)
    return writer.commit(draft.source, target), source


_Shape = Callable[[Draft, list[Iterator[None]], _Writer], Marks]
_SHAPES: dict[str, tuple[int, _Shape]] = {  # with their weights
    "plain": (52, _plain),
    "promoted before": (14, _promoted),
    "back-merged before": (8, _back_merged),
    "criss-cross": (14, _criss_cross),
    "already merged": (4, _already_merged),
    "ahead": (4, _ahead),
    "same content": (4, _same_content),
}

FEATURES = frozenset(
    {
        *_SCENARIOS,
        *_SHAPES,
        *(f"attributes in {place}" for place in ("base", "target", "source", "both")),
        "subfolder",
        "top folder",
    }
)
"""Every name that `History.features` may hold."""
