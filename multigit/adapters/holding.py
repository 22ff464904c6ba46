"""A file that its process holds until it ends, however it ends, and a look at whether one does.

The look takes nothing. To try whether a lock can be had is to hold it for a moment, in which
everybody who comes for it is sent away; the system can also be asked who has a record lock.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from multigit.adapters.durable import open_private

# Linux has record locks that belong to the open file, and not to the process: those survive that
# the process opens and closes the same file once more. A question sees locks of both sorts.
LINUX = sys.platform == "linux"
SET = fcntl.F_OFD_SETLK if LINUX else fcntl.F_SETLK
ASK = fcntl.F_OFD_GETLK if LINUX else fcntl.F_GETLK
FLOCK = "hhqqi" if LINUX else "qqihh"  # C's struct flock: type, whence, start, length, process


@contextmanager
def holding(file: Path) -> Iterator[int]:
    """Hold a file meanwhile; lends its descriptor. Raises BlockingIOError when another one does."""
    descriptor = open_private(file, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.fcntl(descriptor, SET, _whole_file(fcntl.F_WRLCK))
        yield descriptor
    finally:
        os.close(descriptor)  # and with it the lock


def is_held(file: Path) -> bool:
    """Tell whether a process holds the file right now; False where that cannot be told."""
    with suppress(OSError):
        descriptor = open_private(file, os.O_RDONLY)
        try:
            seen = fcntl.fcntl(descriptor, ASK, _whole_file(fcntl.F_RDLCK))
        finally:
            os.close(descriptor)
        values = struct.unpack_from(FLOCK, seen)
        return bool(values[0 if LINUX else 3] != fcntl.F_UNLCK)
    return False


def _whole_file(kind: int) -> bytes:
    values = (kind, os.SEEK_SET, 0, 0, 0) if LINUX else (0, 0, 0, kind, os.SEEK_SET)
    return struct.pack(FLOCK, *values) + bytes(8)  # some systems add fields of their own
