"""The folder of one start of a deployment command: its state, by its files, and its export."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from multigit.adapters.command.supervisor import (
    ALIVE,
    BEGAN,
    COMMAND,
    ENDED,
    GIVEN_UP,
    MARK,
    ORDER,
    STOPPED,
    TREE,
    claim,
    remove_tree,
)
from multigit.adapters.files.durable import read_private
from multigit.adapters.files.holding import is_held
from multigit.adapters.system import processes

START_LIMIT = 30.0  # seconds in which a supervisor should have started
SUCCESS = "0\n"
START = re.compile(r"[0-9]+([.][0-9]+)?")


def alive(folder: Path) -> bool:
    """Return whether the supervisor is still running."""
    return is_held(folder / ALIVE)


def decided(folder: Path) -> bool | None:
    """Return whether the command started; None while its supervisor may still start.

    A run that should have started long ago is taken from its supervisor. Only with the workspace
    lock held: another multigit that exports a command has not called its supervisor yet.
    """
    if not (folder / BEGAN).exists() and overdue(folder):
        claim(folder, GIVEN_UP)  # or else the supervisor was faster, as shown below
    return began(folder)


def began(folder: Path) -> bool | None:
    """Return whether the command started; None if that is undecided. False is final."""
    try:
        return read_private(folder / BEGAN) != GIVEN_UP
    except FileNotFoundError:
        return None


def overdue(folder: Path) -> bool:
    """Return whether the supervisor should have started, but is not running or was not called."""
    try:
        called = (folder / ORDER).stat().st_mtime
    except FileNotFoundError:
        return True
    return time.time() - called > START_LIMIT and not alive(folder)


def read(file: Path) -> str:
    """Return the content of a file of the folder; raises OSError."""
    return read_private(file).decode("utf-8", "replace")


def commanded(folder: Path) -> bool:
    """Return whether the command itself is running, which its supervisor noted when it began."""
    with suppress(FileNotFoundError):
        command = processes.recorded(read(folder / COMMAND))
        return command is not None and processes.is_running(command)
    return False


def survivors(folder: Path) -> list[tuple[int, str]]:
    """Return what is running of a command although it was ended: numbers and names of processes."""
    noted = [(processes.recorded(text), name) for text, name in json.loads(read(folder / STOPPED))]
    return [(each.pid, name) for each, name in noted if each and processes.is_running(each)]


def orphans(folder: Path) -> tuple[processes.Seen, ...]:
    """Return what is running of a command without a supervisor."""
    mark = json.loads(read(folder / ORDER)).get("mark")  # an older version had none
    found = processes.marked(f"{MARK}={mark}") if mark else ()
    everything = processes.listed() if found else ()
    return tuple(each for each in everything if each.process.pid in found and not each.ended)


def remove_unneeded_trees(operations: Path, unfinished: Iterable[str]) -> None:
    """Remove what killed runs exported for commands that never started, or that succeeded.

    The export of a failed command stays for troubleshooting, and so does one in which a command may
    still be running. Only with the workspace lock held.
    """
    for operation in unfinished:
        for folder in _starts(operations / operation):
            with suppress(OSError):
                if _is_unneeded(folder):
                    remove_tree(folder)


def _starts(folder: Path) -> Iterator[Path]:
    """Yield the folders of starts that have an export, without entering links or exports."""
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
        return read(folder / ENDED).startswith(SUCCESS)
    return decided(folder) is False
