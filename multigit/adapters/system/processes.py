"""One very process, however late somebody asks for it: its number and when it started.

The system gives the number of a process that ended to another one. Two processes of one number
never started at the same time, so whoever keeps a number keeps both, and signals nobody else.
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
DEAD = ("Z", "X")  # it has ended, and nobody has asked for its status yet
PS_SECONDS = 5


class Process(NamedTuple):
    """A process; `started` is a text that only means something when compared."""

    pid: int
    started: str

    def __str__(self) -> str:
        """Return what `recorded` reads."""
        return f"{self.pid} {self.started}"


def identity(pid: int) -> Process | None:
    """Return the process that has this number now, None where there is none."""
    seen = _look(pid)
    return Process(pid, seen[1]) if seen else None


def recorded(text: str) -> Process | None:
    """Return the process that `str` wrote; None for a number alone, which names nobody."""
    pid, _, started = text.strip().partition(" ")
    if not (pid.isascii() and pid.isdigit() and started and len(pid) < len(str(2**31))):
        return None
    return Process(int(pid), started)


def signal(process: Process, number: int, *, group: bool = False) -> bool:
    """Send a signal to this process and no other one; tell whether it was sent.

    With `group` to the group that it leads, also when it has just ended and the others have not.
    """
    seen = _look(process.pid)
    if not seen or seen[1] != process.started or not (group or seen[0] not in DEAD):
        return False
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(process.pid, number)
        return True
    return False


def _look(pid: int) -> tuple[str, str] | None:
    """Return the state of a process, as in R or Z, and when it started; None if there is none."""
    if pid <= 0:  # to the system this is no process, but a whole group or everybody
        return None
    return _look_in_proc(pid) if (PROC / "self" / "stat").exists() else _ask_ps(pid)


def _look_in_proc(pid: int) -> tuple[str, str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold blanks and brackets
    return fields[0], f"{_boot()}{fields[STARTED - 3]}"


@cache
def _boot() -> str:
    """Return what tells this start of the machine from others, where the system says it."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip() + "/"
    except OSError:
        return ""


def _ask_ps(pid: int) -> tuple[str, str] | None:
    """Ask as macOS wants it. The time is local there, so the zone is set: it may change later."""
    command = ("ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid))
    try:
        said = subprocess.run(  # noqa: S603  (fixed words and a number)
            command,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PS_SECONDS,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, started = said.decode("utf-8", "replace").strip().partition(" ")
    return (state[0], " ".join(started.split())) if started else None
