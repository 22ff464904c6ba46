"""Deploy: start each deployment once, watch it to its end, and look at the health of the result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from multigit.core.deployment import (
    CommandRunner,
    Deployment,
    HealthCheck,
    Order,
    Run,
    RunState,
    Trigger,
)
from multigit.core.deployment import GithubRunner as Github
from multigit.core.deploys import order_of
from multigit.core.health_check import unhealthy
from multigit.core.journal import Entry, Kind
from multigit.core.plan import DeployStep, Plan, RepoPlan
from multigit.engine.fleet import sweep
from multigit.engine.ports import Clock, Journal, Listener, Probe, Runners
from multigit.errors import DoubtError, MultigitError, NotBegunError

SHORTEST, LONGEST = 2.0, 30.0  # seconds between two looks at a run
PER_RUN = 0.5  # seconds that each run which is watched adds
HERE = 0.2  # the same for what runs on this machine
UNTOUCHED = RunState.NOT_STARTED
LATE = 60.0  # seconds after its start in which a run that must be there may still appear
BRIEF = 10.0  # seconds to look for it when these are over: the host may not answer at once

# Ends that are no reason to start another one: it may have begun, or still go on, or be mended.
LOOK_AGAIN = {RunState.UNHEALTHY, RunState.UNKNOWN, RunState.TIMED_OUT}


OnWaiting = Callable[[Mapping[str, tuple[Deployment, ...]]], None]


@dataclass(slots=True)
class Deployer:
    """Deploys the repositories of one plan, from wherever earlier attempts left them.

    `on_waiting` hears once, from any thread, where all stand when the first one waits for a person
    and it is known for whom.
    """

    plan: Plan
    runners: Runners
    probe: Probe
    clock: Clock
    journal: Journal
    listener: Listener
    leave: threading.Event = field(default_factory=threading.Event)
    on_waiting: OnWaiting = lambda _: None
    _waits: bool = False
    _last: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    _watched: int = 0
    _next_start: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wave(self, published: Mapping[str, tuple[RepoPlan, Mapping[str, str]]]) -> Deployments:
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
        return Deployments(done.results, done.interrupted)

    def _repository(self, repo: RepoPlan, made: Mapping[str, str]) -> tuple[Deployment, ...]:
        """Deploy to one target after the other, up to the first that does not go well."""
        deployments: list[Deployment] = []
        good = True
        begun = {each.target: each for each in repo.deployed if each.state is not UNTOUCHED}
        for step in repo.deploys():
            known = begun.get(step.target)
            if good:
                deployment = _Watch(self, repo.repo, step, made).follow(known)
            else:
                deployment = known or Deployment(step.target)
            deployments.append(deployment)
            good = good and deployment.state is RunState.SUCCEEDED
        last = next((d for d in deployments if d.state is not RunState.SUCCEEDED), deployments[-1])
        self.listener.finished(repo.repo, last.state, last.url)
        return tuple(deployments)

    def note(self, repo: str, deployment: Deployment) -> Deployment:
        """Remember where a deployment stands; it is on disk when this returns."""
        entry = Entry(Kind.DEPLOYMENT, repos=(repo,), deployment=deployment)
        if deployment.state.over:  # without the note the run is looked at once more
            with suppress(MultigitError):
                self.journal.write(entry)
        else:
            self.journal.write(entry)
        return deployment

    def tell(self, repo: str, deployment: Deployment) -> None:
        """Show where a deployment stands."""
        self.listener.started(repo, in_short(deployment))
        with self._lock:
            self._last.setdefault(repo, {})[deployment.target] = deployment
            waits = deployment.state is RunState.WAITING and not deployment.sight.more
            first = waits and not self._waits
            self._waits = self._waits or first
            stand = {name: tuple(by.values()) for name, by in self._last.items()} if first else {}
        if first:
            self.on_waiting(stand)

    def take_turn(self) -> None:
        """Wait until the pause after the start before this one is over."""
        with self._lock:
            now = self.clock.now()
            begin = max(now, self._next_start)
            self._next_start = begin + self.plan.pace.pause
        if begin > now:
            self.clock.wait(begin - now, self.leave)

    def rest(self, step: DeployStep, *, soon: bool = False) -> None:
        """Wait between two looks: longer, the more runs at a host are watched."""
        pause = SHORTEST if soon else min(LONGEST, max(SHORTEST, PER_RUN * self._watched))
        self.clock.wait(HERE if isinstance(step.runner, CommandRunner) else pause, self.leave)

    def watching(self, change: int) -> None:
        """Count the runs that are watched."""
        with self._lock:
            self._watched += change


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


@dataclass(frozen=True, slots=True)
class _Watch:
    """One deployment of one repository to one target, from its start to its end."""

    deployer: Deployer
    repo: str
    step: DeployStep
    made: Mapping[str, str]

    def follow(self, known: Deployment | None) -> Deployment:
        """Bring the deployment to its end, from wherever an earlier attempt left it."""
        if known and known.state is RunState.SUCCEEDED:
            return known
        deployment = self._begun(known)
        if deployment.state.over or not self.deployer.plan.wait:
            return deployment
        self.deployer.watching(1)
        try:
            deployment = self._watch(deployment)
        finally:
            self.deployer.watching(-1)
        return self.deployer.note(self.repo, deployment) if deployment.state.over else deployment

    def _begun(self, known: Deployment | None) -> Deployment:
        """Return the deployment with its run: the one that there is, or a new one."""
        if known and known.state in LOOK_AGAIN:
            known = replace(known, state=RunState.STARTING)
        if known and not known.state.over:
            return known if known.run else self._found(known, again=True)
        deployer, step = self.deployer, self.step
        deployer.take_turn()
        attempt = known.attempt + 1 if known else step.attempt
        since = pushed_at(deployer.plan) if by_push(step) else deployer.clock.now()
        begun = Deployment(step.target, RunState.STARTING, attempt=attempt, since=since)
        if deployer.leave.is_set():
            return known or Deployment(step.target)
        self._tell(begun)
        deployer.note(self.repo, begun)
        return self._found(begun) if by_push(step) else self._started(begun)

    def _started(self, begun: Deployment) -> Deployment:
        """Start a deployment, once."""
        deployer, order = self.deployer, self._order(begun)
        try:
            run = deployer.runners.start(order)
        except DoubtError as doubt:
            return self._found(begun, doubt=doubt)
        except MultigitError as error:
            return deployer.note(self.repo, self._over(begun, RunState.FAILED, error.message))
        return self._has_run(begun, run)

    def _found(
        self, begun: Deployment, *, again: bool = False, doubt: MultigitError | None = None
    ) -> Deployment:
        """Look for the run of a deployment whose start nobody confirmed; it is never sent again.

        What was asked for long ago, and is looked for `again`, has appeared or never will.
        """
        clock, order = self.deployer.clock, self._order(begun)
        until = clock.now() + LATE
        if again and not by_push(self.step):
            until = max(begun.since + LATE, clock.now() + BRIEF)
        reason = doubt.message if doubt else "it was asked for, and no run appeared."
        while True:
            try:
                run = self.deployer.runners.find(order)
            except NotBegunError:
                return begun if self.deployer.leave.is_set() else self._started(begun)
            except MultigitError as error:
                run, reason = None, error.message
            if run:
                return self._has_run(begun, run)
            if clock.now() >= until:
                return self.deployer.note(self.repo, self._over(begun, RunState.UNKNOWN, reason))
            if self.deployer.leave.is_set():
                return begun
            self.deployer.rest(self.step)

    def _has_run(self, begun: Deployment, run: Run) -> Deployment:
        queued = self.deployer.note(self.repo, replace(begun, state=RunState.QUEUED, run=run))
        self._tell(queued)
        return queued

    def _watch(self, deployment: Deployment) -> Deployment:
        """Look at the run again and again until it is over, time is out, or somebody leaves."""
        deployer, order = self.deployer, self._order(deployment)
        until = deployer.clock.now() + self.step.timeout
        while not deployer.leave.is_set():
            if deployment.state is not RunState.CHECKING and deployment.run:
                deployment = self._look(order, deployment, deployment.run)
            if deployment.state is RunState.SUCCEEDED and self.step.health:
                deployment = replace(deployment, state=RunState.CHECKING)
                self._tell(deployment)
                return self._healthy(order, deployment, self.step.health)
            self._tell(deployment)
            if deployment.state.over:
                break
            if deployer.clock.now() >= until and not deployment.sight.more:
                return self._out_of_time(order, deployment)
            deployer.rest(self.step, soon=deployment.sight.more)
        return deployment

    def _look(self, order: Order, deployment: Deployment, run: Run) -> Deployment:
        """Return what is to be seen now; a look that fails changes nothing."""
        try:
            sight = self.deployer.runners.look(order, run)
        except MultigitError as error:
            sight = replace(
                deployment.sight, state=deployment.state, detail=error.message, more=False
            )
        return deployment.seen(sight, self.deployer.clock.now() - deployment.since)

    def _out_of_time(self, order: Order, deployment: Deployment) -> Deployment:
        if deployment.run:
            with suppress(MultigitError):
                self.deployer.runners.end(order, deployment.run)
        last = f" The last look: {deployment.sight.detail}" if deployment.sight.detail else ""
        detail = f"it did not end within {self.step.timeout / 60:g} minutes.{last}"
        return self._over(deployment, RunState.TIMED_OUT, detail)

    def _healthy(self, order: Order, deployment: Deployment, check: HealthCheck) -> Deployment:
        """Ask until the answer is right so often in a row, or as often as it may be wrong."""
        url, wanted = order.fill(check.url), order.fill(check.equals)
        good, wrong = 0, "nobody asked."
        for number in range(check.attempts + check.successes - 1):
            if number:
                self.deployer.clock.wait(check.interval, self.deployer.leave)
            if self.deployer.leave.is_set():
                return deployment
            wrong = self._ask(url, wanted, check)
            good = 0 if wrong else good + 1
            if good == check.successes:
                return self._over(deployment, RunState.SUCCEEDED, "")
        return self._over(deployment, RunState.UNHEALTHY, f"{url}: {wrong}")

    def _ask(self, url: str, wanted: str, check: HealthCheck) -> str:
        try:
            answer = self.deployer.probe.ask(url, timeout=check.timeout)
        except MultigitError as error:
            return error.message
        return unhealthy(check, wanted, answer)

    def _over(self, deployment: Deployment, state: RunState, detail: str) -> Deployment:
        sight = replace(deployment.sight, state=state, detail=detail)
        over = deployment.seen(sight, self.deployer.clock.now() - deployment.since)
        self._tell(over)
        return over

    def _tell(self, deployment: Deployment) -> None:
        self.deployer.tell(self.repo, deployment)

    def _order(self, deployment: Deployment) -> Order:
        return order_of(
            self.deployer.plan,
            self.repo,
            self.step,
            self.made,
            attempt=deployment.attempt,
            since=deployment.since,
        )


def by_push(step: DeployStep) -> bool:
    """Tell whether the push starts the deployment, so that nobody has to ask for it."""
    return isinstance(step.runner, Github) and step.runner.trigger is Trigger.PUSH


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the one that its commits bear."""
    return float(plan.date.partition(" ")[0])


def in_short(deployment: Deployment) -> str:
    """Return in a few words where a deployment stands."""
    sight = deployment.sight
    where = f"{deployment.target}: " if deployment.target else ""
    what = " · ".join(filter(None, (sight.job, sight.step)))
    if deployment.state is RunState.WAITING:
        who = ", ".join(sight.reviewers) or "a reviewer"
        what = f"for {who}{', which may be you' if sight.mine else ''}"
    said = "" if deployment.state.over or not sight.detail else f" ({sight.detail})"
    return f"{where}{deployment.state.in_words}{f' {what}' if what else ''}{said}"
