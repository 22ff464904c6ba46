"""Commits on a branch of a bare repository, written file by file: no process is started."""

from __future__ import annotations

import hashlib
import os
import zlib
from typing import TYPE_CHECKING

from .fastimport import FILE, Stamp
from .gitenv import as_bytes, git
from .objects import FOLDER, read_tree
from .patience import until
from .refs import read_refs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Files = dict[bytes, tuple[bytes, str]]
"""Path → mode and id of each file."""


def commit(
    git_dir: Path,
    files: Mapping[bytes, bytes | None],
    *,
    parents: Sequence[str],
    stamp: Stamp,
    message: str,
    hashed: str = "sha1",
) -> str:
    """Write a commit that changes files of its first parent; None deletes. Return its id.

    A file may become a folder, and the other way around.
    """
    before = read_tree(git_dir, parents[0]) if parents else {}
    gone = {each for each in before if any(_replaced(each, path) for path in files)}
    tree = {path: entry for path, entry in before.items() if path not in gone}
    for path, content in files.items():
        if content is not None:
            tree[path] = FILE, write_object(git_dir, b"blob", content, hashed)
    when = as_bytes(f"{stamp.who} {stamp.when} +0000\n")
    lines = [b"tree " + write_tree(git_dir, tree, hashed).encode() + b"\n"]
    lines += [b"parent " + parent.encode() + b"\n" for parent in parents]
    lines += [b"author " + when, b"committer " + when, b"\n", as_bytes(message)]
    return write_object(git_dir, b"commit", b"".join(lines), hashed)


def point(git_dir: Path, ref: str, sha: str, before: str = "") -> None:
    """Let a ref point at a commit instead of `before`, or create it; git itself writes a reflog.

    Another process may hold git's lock of the ref; a ValueError if it has moved the ref.
    """
    config = (git_dir / "config").read_text(encoding="utf-8").lower()
    if "logallrefupdates" in config:
        git(git_dir, "update-ref", ref, sha, before)
        return
    file = git_dir / ref
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = file.with_name(f"{file.name}.lock")
    until(lambda: _created(lock))
    refs = read_refs(git_dir)
    if refs.get(ref, "") != before or any(each.startswith(f"{ref}/") for each in refs):
        lock.unlink()
        raise ValueError(ref)
    lock.write_text(f"{sha}\n", encoding="utf-8")
    lock.rename(file)


def _created(lock: Path) -> bool:
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _replaced(old: bytes, new: bytes) -> bool:
    """Return whether a file is removed for what is now at a path, or was to be deleted there."""
    return old == new or old.startswith(new + b"/")


def write_tree(git_dir: Path, files: Files, hashed: str = "sha1") -> str:
    """Write a tree with all its folders, and return its id."""
    here: Files = {}
    folders: dict[bytes, Files] = {}
    for path, entry in files.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            folders.setdefault(name, {})[rest] = entry
        else:
            here[name] = entry
    for name, inside in folders.items():  # also instead of a file of that name
        here[name] = FOLDER, write_tree(git_dir, inside, hashed)
    rows = [
        (name + b"/" * (mode == FOLDER), mode + b" " + name + b"\0" + bytes.fromhex(sha))
        for name, (mode, sha) in here.items()
    ]
    return write_object(git_dir, b"tree", b"".join(row for _, row in sorted(rows)), hashed)


def write_object(git_dir: Path, kind: bytes, content: bytes, hashed: str = "sha1") -> str:
    """Write an object, and return its id."""
    whole = b"%s %d\0%s" % (kind, len(content), content)
    sha = hashlib.new(hashed, whole).hexdigest()
    file = git_dir / "objects" / sha[:2] / sha[2:]
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        draft = file.with_name(f"draft-{os.getpid()}")
        draft.write_bytes(zlib.compress(whole, 1))
        draft.chmod(0o444)
        draft.rename(file)
    return sha
