"""Ends what multigit started and could not end itself, since it was killed or did not wait.

Beside the first git a small shell is started. It sleeps at a pipe, which closes with multigit,
however that ends. If the list of what is at work is not empty then, the shell becomes this module,
which ends each git by its deadline, with all that it started. Until then git may come to its end:
nobody knows the outcome of a push that is killed half-way.
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
from typing import Self

from multigit.adapters.system import processes

SHELL = """\
trap '' HUP INT TERM
cd /
read -r _
while read -r git; do [ "$git" ] && all="$all $git"; done <&3
[ "$all" ] && exec "$@" $all
"""
LINE = 120  # bytes of a line in the list; one of blanks is free
LOOK_AGAIN = 0.3  # seconds
POLITELY = 2.0  # seconds between the signal that can be caught and the one that cannot


@contextmanager
def watched(pid: int, timeout: float) -> Iterator[None]:
    """Have the group that a process leads ended after `timeout` seconds, should we be gone."""
    note = _noted(f"{pid},{time.time() + timeout:.1f},{_started(pid, cheaply=True)}")
    try:
        yield
    finally:
        if note:
            note[0].strike(note[1])


def _started(pid: int, *, cheaply: bool = False) -> str:
    """Return when a process started, as one word; empty where there is none.

    Also where to ask would take a process more, if `cheaply`: then the watchdog asks as it begins.
    The number of a child that nobody has waited for is not given to another process.
    """
    if cheaply and not processes.PROC.is_dir():
        return ""
    process = processes.identity(pid)
    return "_".join(process.started.split()) if process else ""


@dataclass(slots=True)
class Watchdog:
    """The shell, and the list that it will read: a file without a name."""

    file: int
    free: list[int] = field(default_factory=list)
    lines: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, text: str) -> int:
        """Put a line into the list and return its number."""
        with self.lock:
            self.lines += not self.free
            number = self.free.pop() if self.free else self.lines - 1
        self._write(number, text)
        return number

    def strike(self, number: int) -> None:
        """Take a line out of the list."""
        with suppress(OSError):
            self._write(number, "")
        with self.lock:
            self.free.append(number)

    def _write(self, number: int, text: str) -> None:
        os.pwrite(self.file, f"{text:{LINE - 1}}\n".encode(), number * LINE)


_begin = threading.Lock()
_watchdog: Watchdog | None = None


def _noted(text: str) -> tuple[Watchdog, int] | None:
    """Have a line in the list; None where that cannot be: git is at work all the same."""
    global _watchdog  # noqa: PLW0603  (one for all of this process, from its first git on)
    if os.name == "posix":
        with suppress(OSError):
            with _begin:
                _watchdog = _watchdog or _start()
            return _watchdog, _watchdog.note(text)
    return None


def _start() -> Watchdog:
    """Start the shell, in a group of its own: Ctrl-C at the terminal is not meant for it.

    Our end of the pipe stays open as long as we are there.
    """
    end, _ = os.pipe()
    with tempfile.TemporaryFile() as stream:
        file = os.dup(stream.fileno())
    become = (sys.executable, "-P", "-m", "multigit.adapters.git.watchdog")
    silent = [(os.POSIX_SPAWN_OPEN, each, os.devnull, os.O_WRONLY, 0) for each in (1, 2)]
    try:
        os.posix_spawn(
            "/bin/sh",
            ("sh", "-c", SHELL, "multigit-watchdog", *become),
            os.environ,
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, each, where) for each, where in ((end, 0), (file, 3))),
                *silent,
            ],
            setpgroup=0,
        )
    finally:
        os.close(end)
    return Watchdog(file)


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one git, by the number of the one that leads them, and when it started.

    `end` is on the monotonic clock, which stands still while the machine sleeps, `until` the same
    moment in Unix seconds. Whichever comes first counts: nobody waits for git any longer.
    """

    number: int
    started: str
    end: float
    until: float

    @classmethod
    def told(cls, line: str) -> Self:
        """Return the group that a line of the list names."""
        number, until, started = line.split(",")
        end = time.monotonic() + float(until) - time.time()
        return cls(int(number), started or _started(int(number)), end, float(until))

    def at_work(self) -> bool:
        """Tell whether any of them is there; while one is, no stranger gets their number."""
        return (_started(self.number) or self.started) == self.started and self.signal(0)

    def signal(self, number: int) -> bool:
        """Send them a signal; tell whether that was possible."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.number, number)
            return True
        return False


def watch(groups: list[Group]) -> None:
    """Return when all of them have ended, or been ended."""
    while groups := [group for group in groups if group.at_work()]:
        for group in tuple(groups):
            late = max(time.monotonic() - group.end, time.time() - group.until)
            if late > POLITELY:
                group.signal(signal.SIGKILL)
                groups.remove(group)
            elif late > 0:
                group.signal(signal.SIGTERM)
        time.sleep(LOOK_AGAIN)


if __name__ == "__main__":
    watch([Group.told(line) for line in sys.argv[1:]])
