"""A file that a process holds until it ends, however it ends, and a check whether one holds it.

The check does not take the lock: that would hold it for a moment, in which others are refused. The
system can be asked who has a record lock.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from multigit.adapters.files.durable import opened

# On Linux a record lock can belong to the open file instead of the process. Then it survives if the
# process opens and closes the same file again. A check sees locks of both kinds.
LINUX = sys.platform == "linux"
FLOCK = "hhqqi" if LINUX else "qqihh"  # C's struct flock: type, whence, start, length, process


@contextmanager
def holding(file: Path) -> Iterator[int]:
    """Hold a file meanwhile; lends its descriptor. Raises BlockingIOError if another process does.

    Without record locks, as on Windows, nothing is held.
    """
    with opened(file, os.O_RDWR | os.O_CREAT) as descriptor:  # closing it releases the lock
        if os.name == "posix":
            _hold(descriptor)
        yield descriptor


def is_held(file: Path) -> bool:
    """Return whether a process holds the file right now; False if that is unknown."""
    if os.name != "posix":
        return False
    with suppress(OSError), opened(file, os.O_RDONLY) as descriptor:
        return _is_locked(descriptor)
    return False


def _hold(descriptor: int) -> None:
    import fcntl

    command = fcntl.F_OFD_SETLK if LINUX else fcntl.F_SETLK
    fcntl.fcntl(descriptor, command, _whole_file(fcntl.F_WRLCK))


def _is_locked(descriptor: int) -> bool:
    import fcntl

    command = fcntl.F_OFD_GETLK if LINUX else fcntl.F_GETLK
    answer = fcntl.fcntl(descriptor, command, _whole_file(fcntl.F_RDLCK))
    return bool(struct.unpack_from(FLOCK, answer)[0 if LINUX else 3] != fcntl.F_UNLCK)


def _whole_file(kind: int) -> bytes:
    values = (kind, os.SEEK_SET, 0, 0, 0) if LINUX else (0, 0, 0, kind, os.SEEK_SET)
    return struct.pack(FLOCK, *values) + bytes(8)  # some systems add fields of their own
