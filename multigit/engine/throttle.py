"""How fast deployments are started, and how often they are polled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from multigit.core.values.deploy_config import CommandRunner, Pace, Runner
from multigit.core.values.listener import Listener
from multigit.engine.ports import Clock
from multigit.errors import TooEarlyError

SHORTEST, LONGEST = 2.0, 30.0  # seconds between two polls of a run
PER_RUN = 0.5  # seconds that each watched run adds
HERE = 0.2  # seconds between two polls of what runs on this machine


@dataclass(slots=True)
class Throttle:
    """Spaces out starts, pauses between polls, and waits for hosts, until `leave` is set."""

    pace: Pace
    clock: Clock
    leave: threading.Event
    listener: Listener
    _watched: int = 0
    _held: int = 0
    _next_start: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def await_turn(self) -> None:
        """Wait until the pause after the start before this one is over."""
        with self._lock:
            now = self.clock.elapsed()
            begin = max(now, self._next_start)
            self._next_start = begin + self.pace.pause
        if begin > now:
            self.clock.wait(begin - now, self.leave)

    def pause(self, runner: Runner, *, soon: bool = False) -> None:
        """Wait between two polls; the more runs are watched, the longer."""
        seconds = SHORTEST if soon else min(LONGEST, max(SHORTEST, PER_RUN * self._watched))
        self.clock.wait(HERE if isinstance(runner, CommandRunner) else seconds, self.leave)

    def hold(self, early: TooEarlyError, most: float) -> None:
        """Wait as long as a host asks to, at most so many seconds, and let the listener show it."""
        with self._lock:
            self._held += 1
        self.listener.paused(early.message)
        self.clock.wait(min(early.seconds, most), self.leave)
        with self._lock:
            self._held -= 1
            over = not self._held
        if over:
            self.listener.paused("")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count a run as watched in the block."""
        with self._lock:
            self._watched += 1
        try:
            yield
        finally:
            with self._lock:
                self._watched -= 1
