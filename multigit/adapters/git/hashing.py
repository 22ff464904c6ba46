"""Which blob a file of the work tree would be: what tells whether it holds what git knows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from os import fsencode
from pathlib import Path

from multigit.adapters.git.process import GitDoor

_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r"}
_SHA1 = 40  # digits of an id; a sha256 repository's are longer


def hash_files(
    door: GitDoor,
    paths: Sequence[str],
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the blob of each of these plain files, in one process."""
    if not paths:
        return []
    # Always quoted: git takes a name for quoted that begins so, and cuts one at a line break.
    names = "".join(f'"{path.translate(_ESCAPES)}"\n' for path in paths)
    asked = ("hash-object", *options, "--stdin-paths")
    return door.run(*asked, input=fsencode(names), environment=environment).text.split()


def is_link_of(path: Path, blob: str) -> bool:
    """Tell whether a link, or the file that stands for one, names what the blob does."""
    try:
        target = fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    except OSError:
        return False
    new = hashlib.sha1 if len(blob) == _SHA1 else hashlib.sha256
    return new(b"blob %d\0%s" % (len(target), target), usedforsecurity=False).hexdigest() == blob
