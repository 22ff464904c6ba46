"""A file for a person, outside of any workspace: a workspace may be broken, or not be there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from multigit.adapters.files.durable import append, make_folder, open_private


def keep(text: str, folders: Sequence[Path]) -> Path | None:
    """Write a report of a bug, mode 0600, into the first of the folders that takes it.

    Returns the file, None where no folder takes it.
    """
    name = f"multigit-bug-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    for folder in folders:
        try:
            make_folder(folder)
            file = folder / name
            append(open_private(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL), text.encode())
        except OSError:  # a home that does not exist, a disk that is full or cannot be written
            continue
        return file
    return None


def places(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders for reports, best first: the user's own for such files, one for a while."""
    state, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    if os.path.isabs(state):  # noqa: PTH117  (others do not count, says the specification)
        yield Path(state, "multigit")
    elif os.path.isdir(home):  # noqa: PTH112  (no home is made for a user who has none)
        yield Path(home, ".local", "state", "multigit").absolute()
    with suppress(OSError):
        yield Path(tempfile.gettempdir())
