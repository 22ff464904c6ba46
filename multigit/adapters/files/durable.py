"""Files that survive a crash: private, no symlinks, and on disk before the next step."""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
NO_WAITING = getattr(os, "O_NONBLOCK", 0)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})  # no space
DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def open_private(file: Path, flags: int) -> int:
    """Open a file that only its owner may read. Raises OSError if it is not a plain file.

    A symlink could lead anywhere, and opening a FIFO would wait for a process at its other end.
    """
    try:
        descriptor = os.open(file, flags | NO_FOLLOW | NO_WAITING, 0o600)
    except OSError as error:
        if error.errno in {errno.EISDIR, errno.ELOOP, errno.ENXIO}:
            raise _not_plain(file) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(file)
    return descriptor


def _not_plain(file: Path) -> OSError:
    return OSError(errno.EINVAL, "it is not a plain file", str(file))


@contextmanager
def opened(file: Path, flags: int) -> Iterator[int]:
    """Lend the descriptor of a file that `open_private` opens."""
    descriptor = open_private(file, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_private(file: Path) -> bytes:
    """Return the content of a plain file; raises OSError like `open_private`."""
    with os.fdopen(open_private(file, os.O_RDONLY), "rb") as stream:
        return stream.read()


def out_of_the_way(*files: Path) -> str:
    """Return the command that moves files aside, without overwriting what exists."""
    return " && ".join(
        f"mv {shlex.quote(os.path.relpath(file))} {shlex.quote(os.path.relpath(_free(file)))}"
        for file in files
    )


def _free(file: Path) -> Path:
    names = chain([""], (f".{number}" for number in count(2)))
    places = (file.with_name(f"{file.name}.old{name}") for name in names)
    return next(place for place in places if not os.path.lexists(place))


def moved_aside(file: Path) -> list[Path]:
    """Return the files that such commands made of a file, in the order of their names."""
    name = re.compile(re.escape(file.name) + r"[.]old([.][0-9]+)?")
    return sorted(other for other in file.parent.iterdir() if name.fullmatch(other.name))


def append(descriptor: int, data: bytes, *, durable: bool = True) -> None:
    """Write all of the data, wait until it is on disk if `durable`, and close."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, if the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and the missing ones above it, that only their owner may enter."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def move(file: Path, target: Path) -> None:
    """Rename a file so that the new name is on disk when this returns."""
    file.replace(target)
    sync_folder(target.parent)
    sync_folder(file.parent)
