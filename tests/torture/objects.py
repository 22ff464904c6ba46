"""Commits and tags read directly from a bare repository, and how often a ref was written there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.objects import read_object
from tests.support.refs import read_refs

HEADS, TAGS, LOCKS = "refs/heads/", "refs/tags/", "refs/multigit/locks/"
MARKS = "refs/multigit/marks/"
SHARED = "refs/multigit/"  # their objects are no commits


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its tree and its parents."""

    tree: str
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """An annotated tag: the type and id of its target, and its message."""

    kind: str
    target: str
    message: str


class Remote:
    """A bare repository: its refs when this was created, and the objects behind them."""

    def __init__(self, bare: Path) -> None:
        self.bare = bare
        self.refs = read_refs(bare)

    def branch(self, name: str) -> str:
        """Return a branch's commit, or an empty string."""
        return self.refs.get(f"{HEADS}{name}", "")

    @property
    def locks(self) -> dict[str, str]:
        """Return the refs of locked stages; one that is only held is not locked."""
        return {
            ref: self.refs[ref] for ref, each in self._stages.items() if each.keys() != {"hold"}
        }

    @property
    def holds(self) -> dict[str, dict[str, Any]]:
        """Return the holds, by stage."""
        found = {ref.removeprefix(LOCKS): each for ref, each in self._stages.items()}
        return {stage: each["hold"] for stage, each in found.items() if "hold" in each}

    @cached_property
    def _stages(self) -> dict[str, dict[str, Any]]:
        """Return what is written at the refs of stages."""
        refs = {ref: sha for ref, sha in self.refs.items() if ref.startswith(LOCKS)}
        return {ref: _document(read_object(self.bare, sha)[1]) for ref, sha in refs.items()}

    @property
    def work(self) -> dict[str, str]:
        """Return all refs but the lock refs."""
        return {ref: sha for ref, sha in self.refs.items() if not ref.startswith(LOCKS)}

    def commit(self, sha: str) -> Commit:
        """Return a commit."""
        head = self._read(sha, "commit").partition("\n\n")[0]
        words = [line.split(" ", 1) for line in head.splitlines()]
        tree = next(rest for word, rest in words if word == "tree")
        return Commit(tree, tuple(rest for word, rest in words if word == "parent"))

    def tag(self, sha: str) -> Tag | None:
        """Return an annotated tag, or None if the object is not one."""
        if read_object(self.bare, sha)[0] != "tag":
            return None
        head, _, message = self._read(sha, "tag").partition("\n\n")
        fields = dict(line.split(" ", 1) for line in head.splitlines())
        return Tag(fields["type"], fields["object"], message)

    def peeled(self, ref: str) -> str:
        """Return the commit that a ref leads to, or an empty string."""
        sha = self.refs.get(ref, "")
        while sha and (tag := self.tag(sha)):
            sha = tag.target
        return sha

    def history(self, *shas: str) -> set[str]:
        """Return every commit reachable from these, including themselves."""
        found: set[str] = set()
        waiting = [sha for sha in shas if sha]
        while waiting:
            sha = waiting.pop()
            if sha not in found:
                found.add(sha)
                waiting += self.commit(sha).parents
        return found

    @cached_property
    def commits(self) -> set[str]:
        """Return every commit reachable from any branch or tag."""
        return self.history(*(self.peeled(ref) for ref in self.work if not ref.startswith(SHARED)))

    def writes(self, ref: str) -> int:
        """Count how often a ref has been written since it was created.

        A write that was logged and then lost with its server counts once with its repetition.
        """
        try:
            lines = (self.bare / "logs" / ref).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return 0
        changes = [tuple(line.split(" ", 2)[:2]) for line in lines]
        return sum(change != before for change, before in pairwise([*changes, None]))

    def leftovers(self) -> list[str]:
        """Return the lock files of git that a killed server left behind."""
        return sorted(str(file.relative_to(self.bare)) for file in stale_locks(self.bare))

    def _read(self, sha: str, kind: str) -> str:
        found, content = read_object(self.bare, sha)
        assert found == kind, sha
        return content.decode("utf-8", "replace")


def _document(content: bytes) -> dict[str, Any]:
    """Return what multigit wrote; nothing if something else did."""
    try:
        found: dict[str, Any] = json.loads(content)
    except ValueError:
        return {}
    return found


def stale_locks(bare: Path) -> Iterable[Path]:
    """Yield git's lock files in a repository."""
    yield from bare.glob("*.lock")
    yield from (bare / "refs").rglob("*.lock")
