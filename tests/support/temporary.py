"""Where the tests' temporary folders are: in memory, if there is room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30  # bytes: several times what the tests need at once


def prefer_memory() -> None:
    """Put temporary folders in memory, unless TMPDIR says otherwise.

    multigit waits for the disk before each step and git after each object, and there are thousands
    of both: on a disk the tests take twice as long. `make torture` stays on the disk.
    """
    if "TMPDIR" not in os.environ and _is_roomy(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _is_roomy(folder: Path) -> bool:
    """Return whether a folder has enough room, and whether programs may run there."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    runs_programs = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return runs_programs and shutil.disk_usage(folder).free >= ROOM
