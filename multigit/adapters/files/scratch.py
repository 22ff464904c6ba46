"""Temporary folders, and the removal of those that a killed run left behind.

A process that uses such a folder holds a lock on it, which the kernel releases when the process
ends, however it ends. So a folder without a lock was left behind. No process has to be known by its
number, which means nothing on another machine or in another container.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from multigit.adapters.files.durable import NO_FOLLOW
from multigit.errors import GitError

CLONES = "clones"  # the folder in .multigit for clones that are not complete yet
OURS = "multigit-scratch-"  # the prefix in a folder that other programs use, too
NAMED = re.compile(r"[a-z0-9_]{8}")  # what mkdtemp adds
PRIVATE = 0o700  # as mkdtemp makes it
FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_FOLLOW


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Lend a folder that is removed afterwards; raises GitError if it cannot be made."""
    try:
        with lent_folder(_temporary(), OURS) as folder:
            yield folder
    except OSError as error:
        raise GitError(
            f"no temporary file could be written: {error.strerror or error}.",
            hint="Free some space in the folder for temporary files, or set TMPDIR to another one.",
            code="disk_full",
        ) from error


@contextmanager
def lent_folder(place: Path, prefix: str) -> Iterator[Path]:
    """Lend a new folder in a folder, private to the user, and remove it afterwards."""
    if os.name != "posix":  # folders cannot be locked there: what a killed run leaves stays
        with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name:
            yield Path(name)
        return
    folder, lock = _made(place, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _made(place: Path, prefix: str) -> tuple[Path, int]:
    """Make and lock a folder; another one if it was removed as a leftover before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        with suppress(FileNotFoundError, BlockingIOError):
            return folder, _locked(folder)


def _locked(folder: Path) -> int:
    """Return the descriptor that holds the lock."""
    lock = os.open(folder, FOLDER)
    try:
        _lock(lock, alone=False)
        folder.lstat()  # it was not removed before it was locked
    except OSError:
        os.close(lock)
        raise
    return lock


def _lock(folder: int, *, alone: bool) -> bool:
    """Lock a folder; False if the file system has no locks. Raises BlockingIOError if held."""
    import fcntl

    try:
        fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def remove_leftovers(waiting_room: Path) -> None:
    """Remove what killed runs left in the system's temporary folder and in the waiting room."""
    with suppress(OSError):
        _remove(_temporary(), OURS)
    with suppress(OSError):
        _remove(waiting_room, "")


def _temporary() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _remove(place: Path, prefix: str) -> None:
    """Remove the folders that no process holds; follows no symlinks."""
    within = os.open(place, FOLDER)
    try:
        with os.scandir(within) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        for name in names:
            if name.startswith(prefix) and NAMED.fullmatch(name, len(prefix) or len(name) - 8):
                with suppress(OSError):
                    _remove_unheld(name, within)
    finally:
        os.close(within)


def _remove_unheld(name: str, within: int) -> None:
    lock = os.open(name, FOLDER, dir_fd=within)
    try:
        about = os.fstat(lock)
        ours = about.st_uid == os.getuid() and stat.S_IMODE(about.st_mode) == PRIVATE
        if ours and _lock(lock, alone=True):
            shutil.rmtree(name, ignore_errors=True, dir_fd=within)
    finally:
        os.close(lock)
