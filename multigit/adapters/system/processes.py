"""The identity of a process, at any later time: its number and when it started.

The system reuses the number of a process that has ended. But two processes with the same number
never started at the same time, so both together identify one, and no other is ever signaled.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
STARTED = 22  # the field of /proc/PID/stat, counted from 1: clock ticks since the machine started
DEAD = ("Z", "X")  # it has ended, and its status has not been read yet
PS_SECONDS = 5


class Process(NamedTuple):
    """A process; `started` is a text that can only be compared."""

    pid: int
    started: str

    def __str__(self) -> str:
        """Return a text for `recorded`."""
        return f"{self.pid} {self.started}"


def identity(pid: int) -> Process | None:
    """Return the process that has this number now; None if there is none."""
    state = _state(pid)
    return Process(pid, state[1]) if state else None


def recorded(text: str) -> Process | None:
    """Return the process that `str` wrote; None for a number alone, which identifies none."""
    pid, _, started = text.strip().partition(" ")
    if not (pid.isascii() and pid.isdigit() and started and len(pid) < len(str(2**31))):
        return None
    return Process(int(pid), started)


def signal(process: Process, number: int, *, group: bool = False) -> bool:
    """Send a signal to this process and no other one; return whether it was sent.

    With `group`, to the group that it leads, even if it has just ended and the others have not.
    """
    state = _state(process.pid)
    if not state or state[1] != process.started or not (group or state[0] not in DEAD):
        return False
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(process.pid, number)
        return True
    return False


def _state(pid: int) -> tuple[str, str] | None:
    """Return the state of a process, such as R or Z, and when it started; None if there is none."""
    if pid <= 0:  # to the system this is not a process, but a whole group or all processes
        return None
    return _state_in_proc(pid) if (PROC / "self" / "stat").exists() else _state_by_ps(pid)


def _state_in_proc(pid: int) -> tuple[str, str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may have blanks and brackets
    return fields[0], f"{_boot()}{fields[STARTED - 3]}"


@cache
def _boot() -> str:
    """Return an id of this boot of the machine, or empty if the system has none."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip() + "/"
    except OSError:
        return ""


def _state_by_ps(pid: int) -> tuple[str, str] | None:
    """Read the state as on macOS. The time is local, so the zone is set: it may change later."""
    command = ("ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid))
    try:
        output = subprocess.run(  # noqa: S603  (fixed words and a number)
            command,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PS_SECONDS,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, started = output.decode("utf-8", "replace").strip().partition(" ")
    return (state[0], " ".join(started.split())) if started else None
