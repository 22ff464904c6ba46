"""Which commits take back work of others: git says so, or an old tree returns.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from multigit.adapters.git_process import GitDoor
from multigit.core.snapshot import Reversal

LOOK_BACK = 1000  # first-parent commits in which an old tree is searched

# What `git revert` writes; for a merge it names the parent that the content went back to.
_REVERTS = re.compile(
    r"^This reverts commit ([0-9a-f]{7,64})(?:,\s+reversing\s+changes made to ([0-9a-f]{7,64}))?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: str
    tree: str
    message: str

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class _Span:
    """History that was taken back: everything that `newer` has and `older` lacks."""

    older: str
    newer: str


def read_reversals(door: GitDoor, base: str, tip: str) -> tuple[Reversal, ...]:
    """Return the commits of `tip` that `base` lacks and that take back work which `base` has.

    One that was itself taken back later does not count. Newest first.
    """
    own = _own_commits(door, base, tip)
    line = _first_parents(door, tip) if own else ()
    taken_back: set[str] = set()
    found = []
    for commit in own:
        if commit.sha in taken_back:
            continue
        lost: set[str] = set()
        for span in (*_named(commit), *_returned(commit, line)):
            work = _commits(door, span)
            taken_back |= work
            lost |= work - _commits(door, span, without=base)
        if lost:
            found.append(Reversal(commit.sha, commit.subject, len(lost)))
    return tuple(found)


def _own_commits(door: GitDoor, base: str, tip: str) -> list[_Commit]:
    done = door.run(
        *("log", "-z", "--topo-order", "--no-merges", "--no-show-signature"),
        *("--format=%H%n%T%n%B", tip, f"^{base}", "--"),
    )
    records = done.text.removesuffix("\0").split("\0") if done.text else []
    return [_Commit(*record.split("\n", 2)) for record in records]


def _first_parents(door: GitDoor, tip: str) -> Sequence[tuple[str, str]]:
    """Return commit and tree of the branch's own line, newest first."""
    done = door.run(
        *("rev-list", "--first-parent", f"--max-count={LOOK_BACK}", "--no-commit-header"),
        *("--format=%H %T", tip),
    )
    rows = (line.split(" ") for line in done.text.split("\n") if line)
    return [(sha, tree) for sha, tree in rows]


def _named(commit: _Commit) -> Iterator[_Span]:
    """Yield what the commit's message says that it reverts."""
    for reverted, mainline in _REVERTS.findall(commit.message):
        yield _Span(mainline or f"{reverted}^", reverted)


def _returned(commit: _Commit, line: Sequence[tuple[str, str]]) -> Iterator[_Span]:
    """Yield what lies between the commit and the nearest older one with the same tree."""
    place = next((i for i, (sha, _) in enumerate(line) if sha == commit.sha), None)
    if place is None or place + 1 >= len(line) or line[place + 1][1] == commit.tree:
        return
    for sha, tree in line[place + 2 :]:
        if tree == commit.tree:
            yield _Span(sha, line[place + 1][0])
            return


def _commits(door: GitDoor, span: _Span, *, without: str = "") -> set[str]:
    """Return the span's commits, merges left out; none where a commit is not known here."""
    done = door.run(
        *("rev-list", "--no-merges", span.newer, f"^{span.older}"),
        *([f"^{without}"] if without else []),
        "--",
        accept=(0, 128),
    )
    return set(done.text.split()) if done.status == 0 else set()
