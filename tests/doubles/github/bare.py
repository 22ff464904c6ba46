"""A bare repository as the double reads it: refs, commits and files, never changed."""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.gitenv import GitFailedError, default_environment, git
from tests.support.refs import read_refs

_EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree without files
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder in a commit; `kind` is blob, tree or commit."""

    path: str
    kind: str
    sha: str


@dataclass(frozen=True, slots=True)
class Bare:
    """The bare repository at `path`."""

    path: Path

    def refs(self) -> dict[str, str]:
        """Every branch and tag by its full name, with its SHA; that may be a tag object's."""
        wanted = ("refs/heads/", "refs/tags/")
        return {k: v for k, v in read_refs(self.path).items() if k.startswith(wanted)}

    def find(self, name: str) -> str | None:
        """The full name of a branch or tag given as `main`, `heads/main` or `refs/heads/main`."""
        tried = (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}")
        refs = self.refs()
        return next((full for full in tried if full in refs), None)

    def commit(self, name: str) -> str | None:
        """The commit of a branch, a tag, or a full SHA."""
        full = self.find(name)
        sha = self.refs()[full] if full else name
        return _peeled(self.path, sha) if _SHA.fullmatch(sha) else None

    def kind(self, sha: str) -> str:
        """The type of an object: commit or tag."""
        return _kind(self.path, sha)

    def message(self, commit: str) -> str:
        """The message of a commit."""
        return git(self.path, "log", "-1", "--format=%B", commit)

    def changes(self, before: str | None, after: str) -> tuple[int, tuple[str, ...]]:
        """How many commits a push of a branch brings, and which files it changes.

        For a new branch, since the parent of its oldest commit that no other branch has.
        """
        if before is None:
            others = [sha for ref, sha in self.refs().items() if ref.startswith("refs/heads/")]
            new = [f"^{sha}" for sha in others if sha != after]
            oldest = git(self.path, "rev-list", "--topo-order", after, *new).split("\n")[-1]
            before = self.commit(f"{oldest or after}^") or _EMPTY
        count = (
            "1" if before == _EMPTY else git(self.path, "rev-list", "--count", f"{before}..{after}")
        )
        names = git(self.path, "diff", "--name-only", "-z", before, after).split("\0")
        return int(count), tuple(filter(None, names))

    def entries(self, commit: str, folder: str = "") -> tuple[Entry, ...]:
        """The content of a folder of a commit; empty if there is no such folder."""
        return _entries(self.path, commit, folder.strip("/"))

    def entry(self, commit: str, path: str) -> Entry | None:
        """The file or folder at a path of a commit."""
        folder, _, _ = path.rpartition("/")
        return next((one for one in self.entries(commit, folder) if one.path == path), None)

    def content(self, blob: str) -> bytes:
        """The bytes of a file, given its blob's SHA."""
        return _content(self.path, blob)


# A SHA always names the same content, so these are cached.


@functools.cache
def _content(path: Path, blob: str) -> bytes:
    command, env = ["git", "cat-file", "blob", blob], default_environment()
    return subprocess.run(command, cwd=path, env=env, check=True, capture_output=True).stdout


@functools.cache
def _entries(path: Path, commit: str, folder: str) -> tuple[Entry, ...]:
    below = [f"{folder}/"] if folder else []
    rows = git(path, "ls-tree", "-z", commit, "--", *below).split("\0")[:-1]
    parts = [row.partition("\t") for row in rows]
    return tuple(Entry(name, *info.split(" ")[1:]) for info, _, name in parts)


def _peeled(path: Path, sha: str) -> str | None:
    try:
        return _peeled_known(path, sha)
    except GitFailedError:
        return None


@functools.cache
def _peeled_known(path: Path, sha: str) -> str:
    return git(path, "rev-parse", "--verify", f"{sha}^{{commit}}")


@functools.cache
def _kind(path: Path, sha: str) -> str:
    return git(path, "cat-file", "-t", sha)
