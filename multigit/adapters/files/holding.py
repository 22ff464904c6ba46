"""A file that its process holds until it ends, however it ends, and a look at whether one does.

The look takes nothing. To try whether a lock can be had is to hold it for a moment, in which
everybody who comes for it is sent away; the system can also be asked who has a record lock.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from multigit.adapters.files.durable import open_private

# Linux has record locks that belong to the open file, and not to the process: those survive that
# the process opens and closes the same file once more. A question sees locks of both sorts.
LINUX = sys.platform == "linux"
FLOCK = "hhqqi" if LINUX else "qqihh"  # C's struct flock: type, whence, start, length, process


@contextmanager
def holding(file: Path) -> Iterator[int]:
    """Hold a file meanwhile; lends its descriptor. Raises BlockingIOError when another one does.

    Where there are no record locks, as on Windows, nothing is held.
    """
    descriptor = open_private(file, os.O_RDWR | os.O_CREAT)
    try:
        if os.name == "posix":
            _hold(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)  # and with it the lock


def is_held(file: Path) -> bool:
    """Tell whether a process holds the file right now; False where that cannot be told."""
    if os.name != "posix":
        return False
    with suppress(OSError):
        descriptor = open_private(file, os.O_RDONLY)
        try:
            return _asked(descriptor)
        finally:
            os.close(descriptor)
    return False


def _hold(descriptor: int) -> None:
    import fcntl

    command = fcntl.F_OFD_SETLK if LINUX else fcntl.F_SETLK
    fcntl.fcntl(descriptor, command, _whole_file(fcntl.F_WRLCK))


def _asked(descriptor: int) -> bool:
    import fcntl

    command = fcntl.F_OFD_GETLK if LINUX else fcntl.F_GETLK
    seen = fcntl.fcntl(descriptor, command, _whole_file(fcntl.F_RDLCK))
    return bool(struct.unpack_from(FLOCK, seen)[0 if LINUX else 3] != fcntl.F_UNLCK)


def _whole_file(kind: int) -> bytes:
    values = (kind, os.SEEK_SET, 0, 0, 0) if LINUX else (0, 0, 0, kind, os.SEEK_SET)
    return struct.pack(FLOCK, *values) + bytes(8)  # some systems add fields of their own
