"""The same work for many names at once, with an orderly end when the user interrupts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from multigit.errors import MultigitError

T = TypeVar("T")
LOCAL_THREADS = 4  # threads in addition to the jobs, for work that requires no remote


@dataclass(frozen=True, slots=True)
class Results(Generic[T]):
    """What the work returned, by name, in the order of the names: a result, or an error.

    After an interrupt, names that were not started are missing.
    """

    ended: Mapping[str, T | MultigitError]
    interrupted: bool = False

    @property
    def results(self) -> dict[str, T]:
        """Return the results of what did not fail."""
        return {n: each for n, each in self.ended.items() if not isinstance(each, MultigitError)}

    def all(self) -> dict[str, T]:
        """Return all results; raises the first error, if there is one."""
        for error in self.errors.values():
            raise error
        return self.results

    @property
    def errors(self) -> dict[str, MultigitError]:
        """Return the failures."""
        return {n: each for n, each in self.ended.items() if isinstance(each, MultigitError)}

    def completed(self, failed: Callable[[str, MultigitError], T]) -> dict[str, T]:
        """Return a result for every name that was started: `failed` makes one of an error."""
        return {
            name: failed(name, each) if isinstance(each, MultigitError) else each
            for name, each in self.ended.items()
        }


@dataclass(frozen=True, slots=True)
class AfterRemote(Generic[T]):
    """The rest of the work, which requires no remote: it does not count as a job."""

    finish: Callable[[], T | AfterRemote[T]]


Work = Callable[[str], T | AfterRemote[T]]


def run_all(
    names: Sequence[str],
    work: Work[T],
    *,
    jobs: int,
    on_interrupt: Callable[[Sequence[str]], None] | None = lambda _: None,
) -> Results[T]:
    """Do the work for every name, at most `jobs` at a time.

    Work that returns an `AfterRemote` makes room for the next name; its rest runs concurrently. A
    MultigitError is the result of one name; any other exception is a bug and is raised here.

    The first Ctrl-C starts nothing new, calls `on_interrupt` with the names of what is running,
    which may stop work that only watches, and waits for it; a second one exits at once with
    KeyboardInterrupt. So does the first if `on_interrupt` is None: reading leaves nothing to
    finish.
    """
    threads = _Threads(names, work, jobs)
    try:
        threads.start()
        threads.wait()
    except KeyboardInterrupt:
        running = threads.stop()
        if on_interrupt is None:
            raise
        on_interrupt(running)
        threads.wait()
        return Results(threads.ended(), interrupted=True)
    return Results(threads.ended())


class _Threads(Generic[T]):
    """Daemon threads that take names off a queue.

    A thread pool of the standard library cannot be used: Python 3.11 regards a thread as ended
    when its join was interrupted, and a future can get lost while it is handed out.
    """

    def __init__(self, names: Sequence[str], work: Work[T], jobs: int) -> None:
        self._names = names
        self._work = work
        self._threads = min(len(names), jobs + LOCAL_THREADS)
        self._free = jobs
        self._change = threading.Condition()
        self._waiting = deque(names)
        self._after_remote: deque[tuple[str, AfterRemote[T]]] = deque()
        self._running: set[str] = set()
        self._ended: dict[str, T | MultigitError] = {}
        self._bugs: list[BaseException] = []

    def start(self) -> None:
        """Start the threads; each ends when nothing is left to take."""
        for number in range(self._threads):
            threading.Thread(target=self._take, name=f"repo-{number}", daemon=True).start()

    def stop(self) -> tuple[str, ...]:
        """Let nothing new start; return what is running, in the order of the names."""
        with self._change:
            self._waiting.clear()
            return tuple(name for name in self._names if name in self._running)

    def wait(self) -> None:
        """Return when nothing waits or runs."""
        with self._change:
            while self._waiting or self._after_remote or self._running:
                self._change.wait()

    def ended(self) -> Mapping[str, T | MultigitError]:
        """Return the result or error of each, in the order of the names, or raise the first bug."""
        if self._bugs:
            raise self._bugs[0]
        return {name: self._ended[name] for name in self._names if name in self._ended}

    def _take(self) -> None:
        while task := self._next():
            name, finishing = task
            then: AfterRemote[T] | None = None
            try:
                result = finishing.finish() if finishing else self._work(name)
                if isinstance(result, AfterRemote):
                    then = result
                else:
                    self._ended[name] = result
            except MultigitError as error:
                self._ended[name] = error
            except BaseException as bug:  # noqa: BLE001  (raised in the main thread)
                self._bugs.append(bug)
            with self._change:
                self._running.discard(name)
                self._free += not finishing
                if then:
                    self._after_remote.append((name, then))
                self._change.notify_all()

    def _next(self) -> tuple[str, AfterRemote[T] | None] | None:
        """Return what to do next; names that still have to reach their remote go first."""
        with self._change:
            while True:
                if self._waiting and self._free:
                    self._free -= 1
                    name = self._waiting.popleft()
                    self._running.add(name)
                    return name, None
                if self._after_remote:
                    name, then = self._after_remote.popleft()
                    self._running.add(name)
                    return name, then
                if not self._waiting and not self._running:
                    return None
                self._change.wait()
