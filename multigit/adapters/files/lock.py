"""Locks that end with their process: one operation in a workspace, one writer of a file."""

from __future__ import annotations

import errno
import json
import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from multigit.adapters.files.durable import (
    DENIED,
    FULL,
    NO_FOLLOW,
    NO_WAITING,
    make_folder,
    open_private,
    out_of_the_way,
    read_private,
)
from multigit.adapters.files.holding import holding, is_held
from multigit.errors import LockedError, RefusedError
from multigit.hints import Hint
from multigit.phrase import Instant, phrase

TURN = 30.0  # seconds to wait for another process that writes one line


@contextmanager
def exclusive(folder: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the workspace lock; raises LockedError that says who holds it and since when.

    The kernel releases the lock when its process ends, however it ends. `holder` (user, host, pid,
    command, since) only says who that is, in a file beside the lock. That file is held as well, so
    that `running` can check it without taking the lock and refusing another command.
    """
    make_folder(folder)
    note = folder / "lock.json"
    lock = FileLock(folder / "lock", timeout=0)
    with ExitStack() as held:
        try:
            held.enter_context(lock)
            descriptor = held.enter_context(holding(note))
        except (Timeout, BlockingIOError) as error:
            raise _held(note) from error
        except OSError as error:
            raise unusable(error, folder / "lock", note) from error
        with suppress(OSError):  # on a full disk, others see less about the holder
            os.truncate(descriptor, 0)
            os.write(descriptor, json.dumps(dict(holder)).encode())
        yield


def in_turn(lock: Path) -> FileLock:
    """Return the lock of a file with several writers; an OSError (Timeout) ends the wait."""
    return FileLock(lock, timeout=TURN)


def running(folder: Path) -> str:
    """Return a sentence about the holder of the workspace lock, or empty if no one holds it."""
    note = folder / "lock.json"
    return _held(note).message if is_held(note) else ""


def _held(note: Path) -> LockedError:
    return LockedError(
        _holder(note),
        hint="Wait until it has ended, then run the command again.",
        code="locked",
    )


def _holder(note: Path) -> str:
    """Return a sentence about who holds the lock, as far as the note says."""
    with suppress(OSError, ValueError, RecursionError):
        who: Any = json.loads(read_private(note))
        if isinstance(who, dict) and who:
            return phrase(
                "{user} has been running multigit {command} here since {since} "
                "(process {pid} on {host}).",
                **{key: who.get(key) for key in ("user", "command", "pid", "host")},
                since=Instant(who.get("since")),
            )
    return "Another multigit is running in this workspace."


def _open_any(file: Path, flags: int) -> int:
    return os.open(file, flags | NO_FOLLOW | NO_WAITING)


def require_usable(folder: Path) -> None:
    """Raise RefusedError if no one could hold the workspace lock, as far as a check shows."""
    require_lockable(folder / "lock")
    require_lockable(folder / "lock.json", open_private)


def require_lockable(lock: Path, opening: Callable[[Path, int], int] = _open_any) -> None:
    """Raise RefusedError if a lock cannot be taken because of what is in its place.

    The lock is not taken: that would refuse another command meanwhile.
    """
    try:
        os.close(opening(lock, os.O_RDWR))
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(error, lock) from error


def unusable(error: OSError, *files: Path) -> RefusedError:
    """Return the error that names the unusable file of a lock, and how to fix it."""
    odd = [file for file in files if not _is_plain(file)]
    blamed = [file for file in files if str(file) == error.filename]
    file = (odd or blamed or list(files))[0]
    reason = "it is not a plain file" if odd else error.strerror or str(error)
    hint: str = phrase("Run: `{move}`", move=out_of_the_way(file))
    if not odd and error.errno in DENIED:
        hint = _make_writable(file if os.path.lexists(file) else file.parent, error)
    elif not odd and error.errno in FULL:
        hint = f"Free some space in {file.parent}."
    return RefusedError(
        f"{file.parent.name}/{file.name} cannot be locked: {reason}.",
        hint=hint,
        code="lock_unusable",
    )


def _make_writable(place: Path, error: OSError) -> str:
    """Return how a file or folder becomes writable. Moving it would let two operations run."""
    if os.name != "posix" or error.errno == errno.EROFS:
        return f"Make {place} writable."
    owner = place.stat().st_uid
    if owner == os.geteuid():
        return Hint.MAKE_WRITABLE.format(file=shlex.quote(os.path.relpath(place)))
    return f"{place} belongs to {_name(owner)}, who can make it writable or run multigit."


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _is_plain(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return True
