"""The identity of a process, at any later time: its number and when it started.

The system reuses the number of a process that has ended. But two processes with the same number
never started at the same time, so both together identify one, and no other is ever signaled.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
STARTED = 22  # the field of /proc/PID/stat, counted from 1: clock ticks since the machine started
DEAD = ("Z", "X")  # it has ended, and its status has not been read yet
PS_SECONDS = 5
COLUMNS = ("pid", "ppid", "pgid", "stat", "lstart", "comm")  # lstart has five words
WITH_ENVIRONMENT = ("-axwwE",) if sys.platform == "darwin" else ("axwwe",)


class Process(NamedTuple):
    """A process; `started` is a text that can only be compared."""

    pid: int
    started: str

    def __str__(self) -> str:
        """Return a text for `recorded`."""
        return f"{self.pid} {self.started}"


class Seen(NamedTuple):
    """A process as it was when it was listed; `name` is that of its program, as it calls itself."""

    process: Process
    parent: int
    group: int
    state: str  # such as R or Z
    name: str

    @property
    def ended(self) -> bool:
        """True when it has ended, and only its parent has not noticed."""
        return self.state in DEAD


def identity(pid: int) -> Process | None:
    """Return the process that has this number now; None if there is none."""
    seen = _seen(pid)
    return seen.process if seen else None


def is_running(process: Process) -> bool:
    """Return whether exactly this process is running, also one that may not be signaled."""
    seen = _seen(process.pid)
    return bool(seen and seen.process == process and not seen.ended)


def listed() -> tuple[Seen, ...]:
    """Return all processes of the machine, as far as the system shows them."""
    if not _has_proc():
        return tuple(_read_by_ps("-ax"))
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return tuple(filter(None, map(_seen_in_proc, numbers)))


def marked(mark: str) -> frozenset[int]:
    """Return the numbers of the processes that started with NAME=VALUE in their environment.

    Those of other users do not show it.
    """
    if _has_proc():
        numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
        return frozenset(pid for pid in numbers if _is_marked(pid, mark.encode()))
    rows = (line.split() for line in _ps(*WITH_ENVIRONMENT, "-o", "pid=", "-o", "command="))
    return frozenset(int(row[0]) for row in rows if mark in row[1:])


def recorded(text: str) -> Process | None:
    """Return the process that `str` wrote; None for a number alone, which identifies none."""
    pid, _, started = text.strip().partition(" ")
    if not (pid.isascii() and pid.isdigit() and started and len(pid) < len(str(2**31))):
        return None
    return Process(int(pid), started)


def signal(process: Process, number: int) -> bool:
    """Send a signal to this process and no other one; return whether it was sent."""
    if not is_running(process):
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process.pid, number)
        return True
    return False


def _has_proc() -> bool:
    return (PROC / "self" / "stat").exists()


def _seen(pid: int) -> Seen | None:
    """Return a process as it is now; None if there is none."""
    if pid <= 0:  # to the system this is not a process, but a whole group or all processes
        return None
    return _seen_in_proc(pid) if _has_proc() else next(_read_by_ps("-p", str(pid)), None)


def _seen_in_proc(pid: int) -> Seen | None:
    try:
        text = (PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    begin, _, end = text.rpartition(")")  # the name before may have blanks and brackets
    state, parent, group, *fields = end.split()
    process = Process(pid, f"{_boot()}{fields[STARTED - 6]}")
    return Seen(process, int(parent), int(group), state, begin.partition("(")[2])


def _is_marked(pid: int, mark: bytes) -> bool:
    with suppress(OSError):
        return mark in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return False


@cache
def _boot() -> str:
    """Return an id of this boot of the machine, or empty if the system has none."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip() + "/"
    except OSError:
        return ""


def _read_by_ps(*which: str) -> Iterator[Seen]:
    """Read processes as on macOS, where the name is the path of the program."""
    for line in _ps(*which, *(word for key in COLUMNS for word in ("-o", f"{key}="))):
        pid, parent, group, state, *started, name = line.split(maxsplit=len(COLUMNS) + 3)
        process = Process(int(pid), " ".join(started))
        yield Seen(process, int(parent), int(group), state[0], name.rpartition("/")[2])


def _ps(*arguments: str) -> list[str]:
    """Return the lines of ps, except its own: it is a child of this process.

    Times are local, so the zone is set: it may change later.
    """
    try:
        with subprocess.Popen(  # noqa: S603  (fixed words, and a number)
            ("ps", *arguments),  # noqa: S607  (in the system's own place on PATH)
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as ps:
            try:
                output, _ = ps.communicate(timeout=PS_SECONDS)
            finally:
                ps.kill()
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = output.decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.split(maxsplit=1)[:1] != [str(ps.pid)]]
