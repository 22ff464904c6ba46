"""Deploy: all repositories of a wave, each to one target after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.progress.deployments import Orders
from multigit.core.progress.journal import Entry, Kind
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.listener import Listener
from multigit.core.values.refs import Objects
from multigit.engine.attempt import Attempt
from multigit.engine.fleet import sweep
from multigit.engine.ports import Clock, Journal, Probe, Runners
from multigit.engine.throttle import Pacer
from multigit.errors import MultigitError

OnWaiting = Callable[[Mapping[str, tuple[Deployment, ...]]], None]
HANDS = 8  # what is started, exported or asked at a time, where nobody says
T = TypeVar("T")


@dataclass(slots=True)
class Deployer:
    """Deploys the repositories of one plan, from wherever earlier attempts left them (`state`).

    Without `starts` it only looks at what was started, and ends nothing. At most `jobs` starts and
    looks are made at a time. `on_waiting` hears once, from any thread, where all stand when the
    first one waits for a person and it is known for whom.
    """

    plan: Plan
    runners: Runners
    probe: Probe
    clock: Clock
    journal: Journal
    listener: Listener
    leave: threading.Event = field(default_factory=threading.Event)
    starts: bool = True
    jobs: int = HANDS
    on_waiting: OnWaiting = lambda _: None
    state: OperationState = NOTHING_YET
    pacer: Pacer = field(init=False)
    _hands: threading.Semaphore = field(init=False)
    _waits: bool = False
    _last: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.pacer = Pacer(self.plan.pace, self.clock, self.leave)
        self._hands = threading.Semaphore(self.jobs)

    @property
    def left(self) -> bool:
        """Tell whether somebody wants to leave."""
        return self.leave.is_set()

    def wave(self, published: Mapping[str, tuple[RepoPlan, Objects]]) -> Deployments:
        """Deploy these repositories, each with what was made for it; return what became of each."""
        names = tuple(name for name, (repo, _) in published.items() if repo.deploys())
        if not names:
            return Deployments({})

        def work(name: str) -> tuple[Deployment, ...]:
            repo, made = published[name]
            return self._repository(repo, made)

        self.listener.phase("Deploying", names)
        jobs = self.plan.pace.concurrency or len(names)
        done = sweep(names, work, jobs=jobs, on_interrupt=self.leave.set)
        return Deployments(done.all(), done.interrupted)

    def _repository(self, repo: RepoPlan, made: Objects) -> tuple[Deployment, ...]:
        """Deploy to one target after the other, up to the first that does not go well."""
        deployments: list[Deployment] = []
        good = True
        progress = self.state.of(repo.repo)
        orders = Orders.of(self.plan, repo.repo, made, progress)
        for step in repo.deploys():
            known = progress.deployments.get(step.target)
            if good:
                deployment = Attempt(self, step, orders).follow(known)
            else:
                deployment = known or Deployment(step.target)
            deployments.append(deployment)
            good = good and deployment.state is RunState.SUCCEEDED
        last = next((d for d in deployments if d.state is not RunState.SUCCEEDED), deployments[-1])
        self.listener.finished(repo.repo, last.state, last.url)
        return tuple(deployments)

    def note(self, repo: str, deployment: Deployment) -> Deployment:
        """Remember where a deployment stands; that it may begin is on disk when this returns.

        Raises MultigitError where that cannot be written. What is not remembered later is looked
        up once more.
        """
        entry = Entry(Kind.DEPLOYMENT, repos=(repo,), deployment=deployment)
        if deployment.state is RunState.STARTING:
            self.journal.write(entry)
        else:
            with suppress(MultigitError):
                self.journal.write(entry)
        return deployment

    def tell(self, repo: str, deployment: Deployment) -> None:
        """Show where a deployment stands."""
        self.listener.started(repo, in_short(deployment))
        with self._lock:
            self._last.setdefault(repo, {})[deployment.target] = deployment
            waits = deployment.state is RunState.WAITING and bool(deployment.sight.reviewers)
            first = waits and not self._waits
            self._waits = self._waits or first
            stand = {name: tuple(by.values()) for name, by in self._last.items()} if first else {}
        if first:
            self.on_waiting(stand)

    def by_hand(self, work: Callable[[], T]) -> T:
        """Do something for which there are only so many hands: files and connections are few."""
        with self._hands:
            return work()


@dataclass(frozen=True, slots=True)
class Deployments:
    """What became of the deployments of one wave, by repository."""

    by_repo: Mapping[str, tuple[Deployment, ...]]
    interrupted: bool = False

    @property
    def good(self) -> bool:
        """True when all of them succeeded."""
        every = (each for group in self.by_repo.values() for each in group)
        return not self.interrupted and all(each.state is RunState.SUCCEEDED for each in every)


def in_short(deployment: Deployment) -> str:
    """Return in a few words where a deployment stands."""
    sight = deployment.sight
    where = f"{deployment.target}: " if deployment.target else ""
    what = " · ".join(filter(None, (sight.job, sight.step)))
    if deployment.state is RunState.WAITING and sight.reviewers:
        what = f"for {', '.join(sight.reviewers)}{', which may be you' if sight.mine else ''}"
    said = "" if deployment.state.over or not sight.detail else f" ({sight.detail})"
    return f"{where}{deployment.state.in_words}{f' {what}' if what else ''}{said}"
