"""A folder of a user whom permissions stop, even if the tests run as root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = os.name == "posix" and os.geteuid() == 0
NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[Path]:
    """Become such a user in the block, with a folder that belongs to the user."""
    folder = Path(tempfile.mkdtemp())
    if ROOT:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if ROOT:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)
