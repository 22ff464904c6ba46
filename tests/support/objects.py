"""The objects of a repository: loose ones are read from their files, packed ones all at once."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .gitenv import as_bytes, git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Object = tuple[str, bytes]
"""The type of an object and its content."""

FOLDER = b"40000"

_PACKED: dict[tuple[Path, frozenset[str]], Mapping[str, Object]] = {}


def read_object(git_dir: Path, sha: str) -> Object:
    """Return an object; raise KeyError if it is missing."""
    try:
        loose = zlib.decompress(_file(git_dir, sha).read_bytes())
    except FileNotFoundError:
        return _packed(git_dir)[sha]
    head, _, content = loose.partition(b"\0")
    return head.split(b" ", 1)[0].decode(), content


def read_tree(git_dir: Path, sha: str) -> dict[bytes, tuple[bytes, str]]:
    """Return mode and id of each file and submodule in a commit, tag or tree, by path."""
    kind, content = read_object(git_dir, sha)
    if kind != "tree":
        lead = content.partition(b"\n")[0].decode()  # `tree SHA`, or `object SHA`
        return read_tree(git_dir, lead.partition(" ")[2])
    found: dict[bytes, tuple[bytes, str]] = {}
    for mode, name, child in _entries(content, len(sha) // 2):
        if mode == FOLDER:
            inside = read_tree(git_dir, child)
            found |= {name + b"/" + path: each for path, each in inside.items()}
        else:
            found[name] = mode, child
    return found


def _entries(tree: bytes, size: int) -> Iterator[tuple[bytes, bytes, str]]:
    """Yield mode, name and id of each entry; an id has `size` bytes."""
    at = 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, _, name = tree[at:end].partition(b" ")
        at = end + 1 + size
        yield mode, name, tree[end + 1 : at].hex()


def _file(git_dir: Path, sha: str) -> Path:
    return git_dir / "objects" / sha[:2] / sha[2:]


def _packed(git_dir: Path) -> Mapping[str, Object]:
    """Return the packed objects of a repository, read anew once it has other packs."""
    names = frozenset(file.name for file in (git_dir / "objects/pack").glob("*.pack"))
    if names and (git_dir, names) not in _PACKED:
        ask = ("cat-file", "--batch-all-objects", "--unordered", "--batch")
        found = _objects(as_bytes(git(git_dir, *ask)) + b"\n")
        packed = {sha: each for sha, each in found if not _file(git_dir, sha).exists()}
        _PACKED[git_dir, names] = packed
    return _PACKED.get((git_dir, names), {})


def _objects(answer: bytes) -> Iterator[tuple[str, Object]]:
    """Yield each object in the output of `git cat-file --batch`."""
    at = 0
    while at < len(answer):
        start = answer.index(b"\n", at) + 1
        sha, kind, size = answer[at:start].decode().split()
        end = start + int(size)
        yield sha, (kind, answer[start:end])
        at = end + 1
