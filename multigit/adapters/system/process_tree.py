"""A process with everything that it started: found, also what left its group, and ended.

Linux gives the orphans among its descendants to a process that asks for them (`adopt_orphans`), so
that a walk from parent to child finds all of them. Elsewhere a process that made itself a daemon is
found by a variable in its environment, a mark that only this tree has.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from multigit.adapters.system import processes
from multigit.adapters.system.processes import Process, Seen
from multigit.core.values.text import shortened, visible

PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>
POLL_INTERVAL = 0.1  # seconds
LAST = 5.0  # seconds in which a process that was killed should be gone


def adopt_orphans() -> None:
    """Become the parent of every descendant whose parent ends, if the system can do that."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(root: int, mark: str) -> tuple[Seen, ...]:
    """Return what runs of a process: its children and theirs, its group, and what has the mark."""
    everything, found = processes.listed(), processes.marked(mark)
    of_tree = {root}
    while (
        more := {
            each.process.pid
            for each in everything
            if {each.parent, each.group} & of_tree or each.process.pid in found
        }
        - of_tree
    ):
        of_tree |= more
    mine = of_tree - {root, os.getpid()}
    return tuple(each for each in everything if each.process.pid in mine and not each.ended)


def end_all(
    find: Callable[[], Sequence[Seen]], *, grace: float, pause: Callable[[float], object]
) -> tuple[Seen, ...]:
    """End what `find` finds, now and later; return what is still running in the end.

    Each process is asked to end, and after `grace` seconds it is killed. One that is stopped wakes
    up, or it could not end.
    """
    left: Sequence[Seen] = ()
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, LAST)):
        until, told = time.monotonic() + seconds, set[Process]()
        while left := find():
            for each in left:
                if each.process not in told:
                    processes.signal(each.process, number)
                    processes.signal(each.process, signal.SIGCONT)
                    told.add(each.process)
            if time.monotonic() >= until:
                break
            pause(POLL_INTERVAL)
        if not left:
            break
    return tuple(left)


def still_running(found: Sequence[tuple[int, str]], of: str = "") -> str:
    """Return the sentence about processes, each a number and a name: process 7 (sh) is ….

    `of` says to what they belong.
    """
    names = shortened(tuple(f"{pid} ({visible(name)})" for pid, name in sorted(found)))
    if len(found) == 1:
        return f"process {names}{of} is still running."
    return f"processes {names}{of} are still running."
