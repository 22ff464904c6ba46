"""A file for a person, outside of any workspace, which may be broken or missing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from multigit.adapters.files.durable import append, make_folder, open_private


def keep(text: str, folders: Sequence[Path]) -> Path | None:
    """Write a bug report, mode 0600, to the first of the folders that can be written.

    Returns the file, or None if no folder can be written.
    """
    name = f"multigit-bug-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    for folder in folders:
        try:
            make_folder(folder)
            file = folder / name
            append(open_private(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL), text.encode())
        except OSError:  # a home that does not exist, a disk that is full or read-only
            continue
        return file
    return None


def places(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders for reports, best first: the user's folder for state, a temporary one."""
    state, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    if os.path.isabs(state):  # noqa: PTH117  (the specification ignores others)
        yield Path(state, "multigit")
    elif os.path.isdir(home):  # noqa: PTH112  (a user without a home gets none)
        yield Path(home, ".local", "state", "multigit").absolute()
    with suppress(OSError):
        yield Path(tempfile.gettempdir())
