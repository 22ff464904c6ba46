"""The folder of one start of a deployment command: what its files tell of it, and its export."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from multigit.adapters.command.supervisor import (
    ALIVE,
    BEGAN,
    ENDED,
    GIVEN_UP,
    ORDER,
    TREE,
    claim,
    remove_tree,
)
from multigit.adapters.files.durable import read_private
from multigit.adapters.files.holding import is_held

PATIENCE = 30.0  # seconds in which a supervisor should have begun
WELL = "0\n"
START = re.compile(r"[0-9]+([.][0-9]+)?")


def alive(folder: Path) -> bool:
    """Tell whether the supervisor still runs."""
    return is_held(folder / ALIVE)


def settled(folder: Path) -> bool | None:
    """Tell whether the command began; None while its supervisor may still come up.

    A run that should have begun long ago is taken from its supervisor. Only while nobody else may
    start a command: who exports one has not called the supervisor yet.
    """
    if not (folder / BEGAN).exists() and overdue(folder):
        claim(folder, GIVEN_UP)  # or see, below, who was faster
    return began(folder)


def began(folder: Path) -> bool | None:
    """Tell whether the command began; None where that is not settled. False is for ever."""
    try:
        return read_private(folder / BEGAN) != GIVEN_UP
    except FileNotFoundError:
        return None


def overdue(folder: Path) -> bool:
    """Tell whether a supervisor that was to begin long ago is not there, or was never called."""
    try:
        asked = (folder / ORDER).stat().st_mtime
    except FileNotFoundError:
        return True
    return time.time() - asked > PATIENCE and not alive(folder)


def read(file: Path) -> str:
    """Return what a file of the folder holds; raises OSError."""
    return read_private(file).decode("utf-8", "replace")


def remove_unneeded_trees(operations: Path, unfinished: Iterable[str]) -> None:
    """Remove what killed runs exported for commands that never began, or that ended well.

    What failed stays, to be looked at, and so does what a command may still be at work in. Only
    while nobody else may start a command.
    """
    for operation in unfinished:
        for folder in _starts(operations / operation):
            with suppress(OSError):
                if _is_unneeded(folder):
                    remove_tree(folder)


def _starts(folder: Path) -> Iterator[Path]:
    """Yield the folders of starts that have an export. A link or an export is never entered."""
    if folder.is_symlink():
        return
    for path, names, _files in os.walk(folder):
        if TREE in names and START.fullmatch(Path(path).name):
            names.clear()
            yield Path(path)


def _is_unneeded(folder: Path) -> bool:
    if alive(folder):
        return False
    if (folder / ENDED).exists():
        return read(folder / ENDED).startswith(WELL)
    return settled(folder) is False
