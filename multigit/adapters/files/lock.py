"""Locks that die with their process: one operation in a workspace, one writer of a file."""

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

TURN = 30.0  # seconds to wait for somebody who writes one line


@contextmanager
def exclusive(folder: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the workspace's lock; raises LockedError that names who holds it since when.

    The kernel drops the lock when its process ends, however it ends. `holder` (user, host, pid,
    command, since) only says who it is, in a file beside it. That one is held as well, for those
    who want to know whether somebody is at work and must not be in the way of who comes to work.
    """
    make_folder(folder)
    told = folder / "lock.json"
    lock = FileLock(folder / "lock", timeout=0)
    with ExitStack() as held:
        try:
            held.enter_context(lock)
            descriptor = held.enter_context(holding(told))
        except (Timeout, BlockingIOError) as error:
            raise _held(told) from error
        except OSError as error:
            raise unusable(error, folder / "lock", told) from error
        with suppress(OSError):  # without room it only tells less
            os.truncate(descriptor, 0)
            os.write(descriptor, json.dumps(dict(holder)).encode())
        yield


def in_turn(lock: Path, *, seconds: float = TURN) -> FileLock:
    """Return the lock of a file that several write; an OSError (Timeout) ends the wait."""
    return FileLock(lock, timeout=seconds)


def running(folder: Path) -> str:
    """Return who holds the workspace's lock right now as a sentence, or empty."""
    told = folder / "lock.json"
    return _held(told).message if is_held(told) else ""


def _held(told: Path) -> LockedError:
    return LockedError(
        f"{_holder(told)}.",
        hint="Wait until it has ended, then run the command again.",
        code="locked",
    )


def _holder(told: Path) -> str:
    """Return who is at work, as far as the file tells."""
    with suppress(OSError, ValueError, RecursionError):
        who: Any = json.loads(read_private(told))
        if isinstance(who, dict) and who:
            what = f"{who.get('user')} runs multigit {who.get('command')}"
            where = f"(process {who.get('pid')} on {who.get('host')})"
            return f"{what} here since {who.get('since')} {where}"
    return "Another multigit is at work in this workspace"


def _open_any(file: Path, flags: int) -> int:
    return os.open(file, flags | NO_FOLLOW | NO_WAITING)


def require_usable(folder: Path) -> None:
    """Raise RefusedError when nobody could hold the workspace's lock, as far as a look tells."""
    require_lockable(folder / "lock")
    require_lockable(folder / "lock.json", open_private)


def require_lockable(lock: Path, opening: Callable[[Path, int], int] = _open_any) -> None:
    """Raise RefusedError when a lock cannot be taken because of what lies in its place.

    It is not taken: that would keep out whoever comes to work meanwhile.
    """
    try:
        os.close(opening(lock, os.O_RDWR))
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(error, lock) from error


def unusable(error: OSError, *files: Path) -> RefusedError:
    """Say which of the files of a lock is in the way, and how it gets out of it."""
    odd = [file for file in files if not _is_plain(file)]
    blamed = [file for file in files if str(file) == error.filename]
    file = (odd or blamed or list(files))[0]
    reason = "it is not a plain file" if odd else error.strerror or str(error)
    hint = f"Run: {out_of_the_way(file)}"
    if not odd and error.errno in DENIED:
        hint = _whose(file if os.path.lexists(file) else file.parent, error)
    elif not odd and error.errno in FULL:
        hint = f"Make room in {file.parent}."
    return RefusedError(
        f"{file.parent.name}/{file.name} cannot be locked: {reason}.",
        hint=hint,
        code="lock_unusable",
    )


def _whose(place: Path, error: OSError) -> str:
    """Say who can make a file or folder writable. To move it would let two operations run."""
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
