"""The same work in many repositories at once, with an orderly end when the user interrupts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
AT_HOME = 4  # threads beside the jobs, for work that waits for no remote


@dataclass(frozen=True, slots=True)
class Sweep(Generic[T]):
    """What came back, by name. After an interrupt, names that were not begun are missing."""

    results: Mapping[str, T]
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Rest(Generic[T]):
    """What is left of the work when the remote is done with: it holds nobody else's place."""

    finish: Callable[[], T]


Work = Callable[[str], T | Rest[T]]


def look_everywhere(names: Sequence[str], work: Work[T], *, jobs: int) -> Mapping[str, T]:
    """Do some reading for every name. Ctrl-C leaves at once: there is nothing to end in order."""
    fleet = _Fleet(names, work, jobs)
    try:
        fleet.start()
        fleet.wait()
    except KeyboardInterrupt:
        fleet.stop()
        raise
    return fleet.sweep(interrupted=False).results


def sweep(
    names: Sequence[str],
    work: Work[T],
    *,
    jobs: int,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Sweep[T]:
    """Do the work for every name, at most `jobs` at a time.

    Work that returns a `Rest` gives its place to the next name; the rest is done beside it.

    The first Ctrl-C starts nothing new and waits for what is running; a second one leaves at
    once with KeyboardInterrupt. `on_interrupt` may tell work that only watches. An
    exception in the work is a bug and is raised here.
    """
    fleet = _Fleet(names, work, jobs)
    try:
        fleet.start()
        fleet.wait()
    except KeyboardInterrupt:
        fleet.stop()
        on_interrupt()
        fleet.wait()
        return fleet.sweep(interrupted=True)
    return fleet.sweep(interrupted=False)


class _Fleet(Generic[T]):
    """Daemon threads that take names off a queue.

    A thread pool of the standard library cannot be used: Python 3.11 takes a thread whose join
    was interrupted for an ended one, and a future can get lost while it is handed out.
    """

    def __init__(self, names: Sequence[str], work: Work[T], jobs: int) -> None:
        self._work = work
        self._threads = min(len(names), jobs + AT_HOME)
        self._free = jobs
        self._change = threading.Condition()
        self._waiting = deque(names)
        self._rests: deque[tuple[str, Rest[T]]] = deque()
        self._running = 0
        self._results: dict[str, T] = {}
        self._bugs: list[BaseException] = []

    def start(self) -> None:
        """Start the threads; each ends when nothing is left to take."""
        for number in range(self._threads):
            threading.Thread(target=self._take, name=f"repo-{number}", daemon=True).start()

    def stop(self) -> None:
        """Let nothing new begin."""
        with self._change:
            self._waiting.clear()

    def wait(self) -> None:
        """Return when nothing waits or runs."""
        with self._change:
            while self._waiting or self._rests or self._running:
                self._change.wait()

    def sweep(self, *, interrupted: bool) -> Sweep[T]:
        """Return what came back, or raise the first bug."""
        if self._bugs:
            raise self._bugs[0]
        return Sweep(self._results, interrupted)

    def _take(self) -> None:
        while task := self._next():
            name, rest = task
            try:
                result = rest.finish() if rest else self._work(name)
                if not isinstance(result, Rest):
                    self._results[name] = result
            except BaseException as bug:  # noqa: BLE001  (raised in the main thread)
                self._bugs.append(bug)
                result = None
            with self._change:
                self._running -= 1
                self._free += not rest
                if isinstance(result, Rest):
                    self._rests.append((name, result))
                self._change.notify_all()

    def _next(self) -> tuple[str, Rest[T] | None] | None:
        """Return what to do next; names that still have to reach their remote go first."""
        with self._change:
            while True:
                if self._waiting and self._free:
                    self._free -= 1
                    self._running += 1
                    return self._waiting.popleft(), None
                if self._rests:
                    self._running += 1
                    return self._rests.popleft()
                if not self._waiting and not self._running:
                    return None
                self._change.wait()
