"""Commits as a `git fast-import` stream: any number of them with one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .gitenv import as_bytes, git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = b"100644"
EXECUTABLE = b"100755"
SYMLINK = b"120000"
GITLINK = b"160000"

_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


@dataclass(frozen=True, slots=True)
class Entry:
    """A path's mode and content; a symlink's content is its target, a gitlink's its SHA."""

    mode: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who made a commit, and when, in seconds since 1970."""

    who: str
    when: int


def text_file(content: str | bytes) -> Entry:
    """A regular file with `content`."""
    return Entry(FILE, as_bytes(content))


def commit(
    ref: str,
    mark: int,
    *,
    stamp: Stamp,
    message: str,
    parents: Iterable[str],
    changes: Mapping[bytes, Entry | None],
) -> bytes:
    """One commit on `ref`, known as `:mark`; `changes` apply to the first parent, None deletes.

    Parents are SHAs or `:mark`s. Deletions come first, so a file may become a directory.
    """
    when = as_bytes(f"{stamp.who} {stamp.when} +0000\n")
    lines = [as_bytes(f"commit {ref}\nmark :{mark}\n")]
    lines += [b"author " + when, b"committer " + when, _data(as_bytes(message))]
    lines += [
        as_bytes(f"{word} {parent}\n") for word, parent in zip(_words(), parents, strict=False)
    ]
    lines += [b"D " + quoted(path) + b"\n" for path, entry in changes.items() if entry is None]
    lines += [_modify(path, entry) for path, entry in changes.items() if entry is not None]
    return b"".join(lines) + b"\n"


def point(ref: str, where: str) -> bytes:
    """Set `ref` to a SHA or `:mark`."""
    return as_bytes(f"reset {ref}\nfrom {where}\n\n")


def run(
    bare: Path, stream: bytes, marks: Iterable[int], env: Mapping[str, str] | None = None
) -> list[str]:
    """Import `stream` into `bare` and return the SHAs of `marks`, in order."""
    ask = b"".join(b"get-mark :%d\n" % mark for mark in marks)
    # A pack even for few objects: unpacking them would be one more process.
    options = ("-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--done")
    return git(bare, *options, input=stream + ask + b"done\n", env=env).split()


def quoted(path: bytes) -> bytes:
    """`path` as a C-style string, which may contain every byte but NUL."""
    body = (b"%c" % byte if byte in _PLAIN else b"\\%03o" % byte for byte in path)
    return b'"' + b"".join(body) + b'"'


def _words() -> Iterable[str]:
    yield "from"
    while True:
        yield "merge"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _modify(path: bytes, entry: Entry) -> bytes:
    if entry.mode == GITLINK:
        return b"M %s %s %s\n" % (entry.mode, entry.data, quoted(path))
    return b"M %s inline %s\n%s" % (entry.mode, quoted(path), _data(entry.data))
