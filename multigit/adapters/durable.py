"""Files that survive: private modes, no symlinks, on disk before we go on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from multigit.errors import GitError

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def open_private(file: Path, flags: int) -> int:
    """Open a file that only its owner may read; a symlink in its place is refused with OSError."""
    return os.open(file, flags | NO_FOLLOW, 0o600)


def append(descriptor: int, data: bytes, *, durable: bool = True) -> None:
    """Write all of the data, wait until it is on disk unless told otherwise, and close."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those missing above it, that only their owner may enter."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def move(file: Path, target: Path) -> None:
    """Rename a file so that the new name is on disk when this returns."""
    file.replace(target)
    sync_folder(target.parent)
    sync_folder(file.parent)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Lend a folder that is gone afterwards; raises GitError when the disk takes none."""
    try:
        with tempfile.TemporaryDirectory(prefix="multigit-") as name:
            yield Path(name).resolve()
    except OSError as error:
        raise GitError(
            f"no temporary file could be written: {error.strerror or error}.",
            hint=f"Make room in {tempfile.gettempdir()}, or set TMPDIR to another folder.",
            code="disk_full",
        ) from error
