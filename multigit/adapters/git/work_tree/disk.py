"""What is on disk at a path, and the blob that it would be, to compare it with what git has."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from os import fsencode
from pathlib import Path
from typing import NamedTuple

from multigit.adapters.git.process import GitDoor

_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r"}
_SHA1 = 40  # digits of an id; a sha256 repository's are longer


class Blob(NamedTuple):
    """What a commit has at a path: git's mode, such as 100644, and the content's object."""

    mode: str
    sha: str


def stat_of(path: Path) -> os.stat_result | None:
    """Return what is at a path, with no link followed; None if there is nothing."""
    try:
        return path.lstat()
    except OSError:
        return None


def hash_files(
    door: GitDoor,
    paths: Sequence[str],
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the blob of each of these plain files, in one process."""
    if not paths:
        return []
    # Always quoted: git unquotes a name that begins with a quote, and cuts one at a line break.
    names = "".join(f'"{path.translate(_ESCAPES)}"\n' for path in paths)
    command = ("hash-object", *options, "--stdin-paths")
    return door.run(*command, input=fsencode(names), environment=environment).text.split()


def is_link_of(path: Path, blob: str) -> bool:
    """Return whether a link, or the file that stands for one, has the target in the blob."""
    try:
        target = fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    except OSError:
        return False
    new = hashlib.sha1 if len(blob) == _SHA1 else hashlib.sha256
    return new(b"blob %d\0%s" % (len(target), target), usedforsecurity=False).hexdigest() == blob
