"""Ends the git processes that multigit leaves behind, if it was killed or did not wait.

With the first git a small shell is started. It sleeps at a pipe, which closes when multigit ends,
however it ends. If the list of running processes is not empty then, the shell becomes this module,
which ends each git at its deadline, with everything it started. Until then git may finish: the
result of a push that is killed midway is unknown.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from multigit.adapters.system import processes

SHELL = """\
trap '' HUP INT TERM
cd /
read -r _
while read -r git; do [ "$git" ] && all="$all $git"; done <&3
[ "$all" ] && exec "$@" $all
"""
LINE = 120  # bytes of a line in the list; a blank line is free
POLL_INTERVAL = 0.3  # seconds
GRACE = 2.0  # seconds between the signal that can be caught and the one that cannot


@contextmanager
def watched(pid: int, timeout: float) -> Iterator[None]:
    """See that the group of a process ends after `timeout` seconds, even if multigit is killed."""
    entry = _noted(f"{pid},{time.time() + timeout:.1f},{_started(pid, cheaply=True)}")
    try:
        yield
    finally:
        if entry:
            entry[0].strike(entry[1])


def _started(pid: int, *, cheaply: bool = False) -> str:
    """Return when a process started, as one word; empty if there is none.

    With `cheaply`, empty too if finding out would take another process: then the watchdog finds out
    when it starts. Until a child is waited for, no other process gets its number.
    """
    if cheaply and not processes.PROC.is_dir():
        return ""
    process = processes.identity(pid)
    return "_".join(process.started.split()) if process else ""


@dataclass(slots=True)
class Watchdog:
    """The shell's list of running processes: a file without a name."""

    file: int
    free: list[int] = field(default_factory=list)
    unused: Iterator[int] = field(default_factory=count)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, text: str) -> int:
        """Add a line to the list and return its number."""
        with self.lock:
            number = self.free.pop() if self.free else next(self.unused)
        self._write(number, text)
        return number

    def strike(self, number: int) -> None:
        """Remove a line from the list."""
        with suppress(OSError):
            self._write(number, "")
        with self.lock:
            self.free.append(number)

    def _write(self, number: int, text: str) -> None:
        os.pwrite(self.file, f"{text:{LINE - 1}}\n".encode(), number * LINE)


_starting = threading.Lock()
_watchdog: Watchdog | None = None


def _noted(text: str) -> tuple[Watchdog, int] | None:
    """Add a line to the list and return its place; None if that fails: git runs anyway."""
    global _watchdog  # noqa: PLW0603  (one for this process, from its first git on)
    if os.name == "posix":
        with suppress(OSError):
            with _starting:
                _watchdog = _watchdog or _start()
            return _watchdog, _watchdog.note(text)
    return None


def _start() -> Watchdog:
    """Start the shell, in a group of its own: Ctrl-C at the terminal must not reach it.

    The other end of the pipe stays open as long as this process lives.
    """
    end, _ = os.pipe()
    with tempfile.TemporaryFile() as stream:
        file = os.dup(stream.fileno())
    become = (sys.executable, "-P", "-m", "multigit.adapters.git.watchdog")
    silent = [(os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)]
    try:
        os.posix_spawn(
            "/bin/sh",
            ("sh", "-c", SHELL, "multigit-watchdog", *become),
            os.environ,
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, old, new) for old, new in ((end, 0), (file, 3))),
                *silent,
            ],
            setpgroup=0,
        )
    finally:
        os.close(end)
    return Watchdog(file)


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The processes of one git, by the number of their leader, and when that started.

    `end` is on the monotonic clock, which stops while the machine sleeps, `until` is the same time
    in Unix seconds. Whichever comes first is the deadline.
    """

    number: int
    started: str
    end: float
    until: float

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return the group that a line of the list names."""
        number, until, started = line.split(",")
        end = time.monotonic() + float(until) - time.time()
        return cls(int(number), started or _started(int(number)), end, float(until))

    def at_work(self) -> bool:
        """Return whether any of them is running; until then no other process gets their number."""
        return (_started(self.number) or self.started) == self.started and self.signal(0)

    def signal(self, number: int) -> bool:
        """Send them a signal; return whether that was possible."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.number, number)
            return True
        return False


def watch(groups: list[ProcessGroup]) -> None:
    """End each group at its deadline; return when all of them have ended."""
    while groups := [group for group in groups if group.at_work()]:
        for group in tuple(groups):
            late = max(time.monotonic() - group.end, time.time() - group.until)
            if late > GRACE:
                group.signal(signal.SIGKILL)
                groups.remove(group)
            elif late > 0:
                group.signal(signal.SIGTERM)
        time.sleep(POLL_INTERVAL)


if __name__ == "__main__":
    watch([ProcessGroup.parse(line) for line in sys.argv[1:]])
