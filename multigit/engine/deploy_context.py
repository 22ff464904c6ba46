"""What the deployments of one plan share: ports, the journal, the listener, slots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from multigit.core.planning.plan import Plan
from multigit.core.progress.earlier import Earlier, LastOperation
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.reports import leaving
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.listener import Listener
from multigit.engine.ports import Clock, JournalWriter, Probe, RunnerPort
from multigit.engine.throttle import Throttle
from multigit.errors import MultigitError, TooEarlyError

OnWaiting = Callable[[Mapping[str, tuple[Deployment, ...]]], None]
SLOTS = 8  # by default, how many are started, exported or polled at a time
T = TypeVar("T")


@dataclass(slots=True)
class DeployContext:
    """What the attempts to deploy a plan require from outside.

    Without `starts` it only polls what was started, and ends nothing. At most `jobs` starts and
    polls are made at a time, each in one of the `slots`: files and connections are limited.
    `on_waiting` gets the deployments once, from any thread, when the first one waits for known
    reviewers. `earlier` are the repositories' last deployments to the stage of which something may
    be running.
    """

    plan: Plan
    runners: RunnerPort
    probe: Probe
    clock: Clock
    journal: JournalWriter
    listener: Listener
    leave: threading.Event = field(default_factory=threading.Event)
    starts: bool = True
    jobs: int = SLOTS
    on_waiting: OnWaiting = lambda _: None
    earlier: Mapping[str, LastOperation] = field(default_factory=dict)
    throttle: Throttle = field(init=False)
    slots: threading.Semaphore = field(init=False)
    _any_waits: bool = False
    _last: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.plan.pace, self.clock, self.leave, self.listener)
        self.slots = threading.Semaphore(self.jobs)

    @property
    def stopping(self) -> bool:
        """True if the user is stopping multigit."""
        return self.leave.is_set()

    def stop(self) -> None:
        """Stop watching, and say what keeps running."""
        self.leave.set()
        with self._lock:
            seen = {repo: tuple(by_target.values()) for repo, by_target in self._last.items()}
        self.listener.say(leaving.deploying(seen))

    def note(self, repo: str, deployment: Deployment) -> Deployment:
        """Note the state of a deployment; that it may start is on disk when this returns.

        Raises MultigitError if that cannot be written. Later states that cannot be written are
        read again from the runner.
        """
        entry = Entry(EntryKind.DEPLOYMENT, repos=(repo,), deployment=deployment)
        if deployment.state is RunState.STARTING:
            self.journal.write(entry)
        else:
            with suppress(MultigitError):
                self.journal.write(entry)
        return deployment

    def show(self, repo: str, deployment: Deployment) -> None:
        """Show the state of a deployment."""
        self.listener.deploying(repo, deployment)
        with self._lock:
            self._last.setdefault(repo, {})[deployment.target] = deployment
            waits = deployment.state is RunState.WAITING and bool(deployment.status.reviewers)
            first = waits and not self._any_waits
            self._any_waits = self._any_waits or first
            states = {name: tuple(by.values()) for name, by in self._last.items()} if first else {}
        if first:
            self.on_waiting(states)

    def earlier_runs(self, repo: str) -> Iterator[tuple[str, Earlier]]:
        """Yield the operations that deployed a repository before, each with what may run of it."""
        last = self.earlier.get(repo, LastOperation(""))
        yield from ((of.operation, each) for of in last.each() for each in of.deployments)

    def ask(self, question: Callable[[], T], seconds: float) -> T:
        """Ask a host when a slot is free, and again after a limit, for at most so many seconds.

        Raises TooEarlyError if that is not enough, or if the user is stopping multigit.
        """

        def in_slot() -> T:
            with self.slots:
                return question()

        return self.patiently(in_slot, seconds)

    def patiently(
        self,
        action: Callable[[], T],
        seconds: float,
        on_refusal: Callable[[str], object] = lambda _: None,
    ) -> T:
        """Do something, and again when a host that asks to wait for that allows it.

        `on_refusal` gets the host's sentence before each wait. Raises TooEarlyError if it asks for
        more than so many seconds in all, or if the user is stopping multigit.
        """
        until = self.clock.elapsed() + seconds
        while True:
            try:
                return action()
            except TooEarlyError as error:
                refused = error
            left = until - self.clock.elapsed()
            if refused.seconds > left or self.stopping:
                raise refused
            on_refusal(refused.message)
            self.throttle.hold(refused, left)
            if self.stopping:
                raise refused
