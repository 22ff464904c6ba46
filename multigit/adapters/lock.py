"""Locks that die with their process: one operation in a workspace, one writer of a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from multigit.adapters.durable import make_folder, open_private
from multigit.errors import LockedError

TURN = 30.0  # seconds to wait for somebody who writes one line


@contextmanager
def exclusive(folder: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the workspace's lock; raises LockedError that names who holds it since when.

    The kernel drops the lock when its process ends, however it ends. `holder` (user, host, pid,
    command, since) only says who it is, in a file beside it.
    """
    make_folder(folder)
    told = folder / "lock.json"
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise _held(told) from error
    try:
        with suppress(OSError):  # it only tells others who we are
            descriptor = open_private(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            with os.fdopen(descriptor, "w") as stream:
                json.dump(dict(holder), stream)
        yield
    finally:
        lock.release()


def in_turn(lock: Path, *, seconds: float = TURN) -> FileLock:
    """Return the lock of a file that several write; an OSError (Timeout) ends the wait."""
    return FileLock(lock, timeout=seconds)


def running(folder: Path) -> str:
    """Return who holds the workspace's lock right now as a sentence, or empty."""
    if not (folder / "lock").exists():
        return ""
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError) as error:
        return _held(folder / "lock.json").message if isinstance(error, Timeout) else ""
    lock.release()
    return ""


def _held(told: Path) -> LockedError:
    try:
        holder: dict[str, Any] = json.loads(told.read_text())
    except (OSError, ValueError):
        holder = {}
    if holder:
        who = (
            f"{holder.get('user')} runs multigit {holder.get('command')} here "
            f"since {holder.get('since')} (process {holder.get('pid')} on {holder.get('host')})."
        )
    else:
        who = "Another multigit is at work in this workspace."
    return LockedError(
        who, hint="Wait until it has ended, then run the command again.", code="locked"
    )
