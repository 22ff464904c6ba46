"""One deployment of one repository to one target: begun once, followed to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from multigit.core.planning.plan import DeployStep, Plan
from multigit.core.progress.deployments import Orders
from multigit.core.values.deployment import (
    CommandRunner,
    Deployment,
    HealthCheck,
    Order,
    Run,
    RunState,
    Sight,
)
from multigit.core.values.duration import in_words
from multigit.core.values.health_check import unhealthy
from multigit.engine.ports import Clock, Probe, Runners
from multigit.engine.throttle import Pacer
from multigit.errors import DoubtError, MultigitError, NotBegunError

LATE = 60.0  # seconds after its start in which a run that must be there may still appear
BRIEF = 10.0  # seconds to look for it when these are over: the host may not answer at once

T = TypeVar("T")


class Leader(Protocol):
    """What an attempt needs of whoever leads all of them."""

    plan: Plan
    runners: Runners
    probe: Probe
    clock: Clock
    pacer: Pacer
    starts: bool

    @property
    def left(self) -> bool:
        """Tell whether somebody wants to leave."""

    def note(self, repo: str, deployment: Deployment) -> Deployment:
        """Remember where it stands."""

    def tell(self, repo: str, deployment: Deployment) -> None:
        """Show where it stands."""

    def by_hand(self, work: Callable[[], T]) -> T:
        """Do something for which there are only so many hands."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Follows one deployment. Nothing is ever started while an earlier one may still run."""

    leader: Leader
    step: DeployStep
    orders: Orders

    @property
    def repo(self) -> str:
        """Return the repository's name."""
        return self.orders.repo

    def follow(self, known: Deployment | None) -> Deployment:
        """Bring the deployment to its end, from wherever an earlier attempt left it."""
        if known and known.state is RunState.SUCCEEDED:
            return known
        deployment = self._resumed(known) if known else self._new(None)
        unseen = deployment.state.over or deployment.state is RunState.NOT_STARTED
        if unseen or self.leader.left or not self.leader.plan.wait:
            return deployment
        fresh = not (known and known.run and known.attempt == deployment.attempt)
        with self.leader.pacer.watching():
            deployment = self._watch(deployment, witnessed=fresh)
        return self.leader.note(self.repo, deployment) if deployment.state.over else deployment

    # Its beginning

    def _resumed(self, known: Deployment) -> Deployment:
        """Return what there is to follow of an earlier attempt, or a new one."""
        if known.run is None:
            return self._found(known, again=True) if known.state.may_run else self._new(known)
        if known.state.may_run or known.state is RunState.UNHEALTHY:
            return replace(known, state=RunState.QUEUED)
        return self._ended(known, known.run)

    def _ended(self, known: Deployment, run: Run) -> Deployment:
        """Return what there is to follow of a run that did not end well, or a new deployment.

        At its page somebody may have let it run again. Where that cannot be seen, nobody knows
        whether it runs, and nothing is started beside it.
        """
        leader = self.leader
        until = leader.clock.elapsed() + LATE
        while True:
            try:
                sight = self._sight(known, run)
            except MultigitError as error:
                if leader.left or not leader.starts:
                    return known
                if leader.clock.elapsed() >= until:
                    unknown = self._over(known, RunState.UNKNOWN, said(error))
                    return leader.note(self.repo, replace(unknown, seconds=0.0))
                leader.pacer.rest(self.step.runner)
            else:
                if leader.left or not sight.more:
                    break
                leader.pacer.rest(self.step.runner, soon=True)
        if sight.state.over and sight.state is not RunState.SUCCEEDED:
            return self._new(known)
        return replace(known.seen(sight, self._seconds(known)), state=RunState.QUEUED)

    def _new(self, known: Deployment | None) -> Deployment:
        """Begin a deployment, after one that is known to have failed or not to have begun."""
        leader, step = self.leader, self.step
        before = known or Deployment(step.target, attempt=step.attempt)
        if not leader.starts:
            return before
        if not step.runner.by_push:
            leader.pacer.take_turn()
        if leader.left:
            return before
        since = pushed_at(leader.plan) if step.runner.by_push else leader.clock.now()
        attempt = before.attempt + (before.state is not RunState.NOT_STARTED)
        begun = Deployment(step.target, RunState.STARTING, attempt=attempt, since=since)
        leader.tell(self.repo, begun)
        try:
            leader.note(self.repo, begun)
        except MultigitError as error:  # without a note it must not begin
            return replace(before, sight=replace(before.sight, detail=error.message))
        return self._found(begun) if step.runner.by_push else self._started(begun)

    def _started(self, begun: Deployment) -> Deployment:
        """Start a deployment, once."""
        leader, order = self.leader, self._order(begun)
        try:
            run = leader.by_hand(lambda: leader.runners.start(order))
        except DoubtError as doubt:
            return self._found(begun, doubt=doubt)
        except NotBegunError as error:
            sight = Sight(RunState.NOT_STARTED, detail=error.message)
            return leader.note(self.repo, replace(begun, state=sight.state, sight=sight))
        except MultigitError as error:
            return leader.note(self.repo, self._over(begun, RunState.FAILED, error.message))
        return self._has_run(begun, run)

    def _found(
        self, begun: Deployment, *, again: bool = False, doubt: MultigitError | None = None
    ) -> Deployment:
        """Look for the run of a deployment whose start nobody confirmed; it is never sent again.

        What was asked for long ago, and is looked for `again`, has appeared or never will.
        """
        leader, order = self.leader, self._order(begun)
        asked = leader.clock.now() - begun.since
        patience = max(LATE - asked, BRIEF) if again and not self.step.runner.by_push else LATE
        until = leader.clock.elapsed() + min(patience, LATE)
        reason = said(doubt) if doubt else "it was asked for, and no run appeared."
        while True:
            try:
                run = leader.by_hand(lambda: leader.runners.find(order))
            except NotBegunError as error:
                return self._never_began(begun, error)
            except MultigitError as error:
                run, reason = None, said(error)
            if run:
                return self._has_run(begun, run)
            if leader.clock.elapsed() >= until:
                return leader.note(self.repo, self._over(begun, RunState.UNKNOWN, reason))
            if leader.left:
                return begun
            leader.pacer.rest(self.step.runner)

    def _never_began(self, begun: Deployment, error: NotBegunError) -> Deployment:
        if self.leader.left:
            return begun
        if self.leader.starts:
            return self._started(begun)
        return self._over(begun, RunState.FAILED, error.message)

    def _has_run(self, begun: Deployment, run: Run) -> Deployment:
        queued = self.leader.note(self.repo, replace(begun, state=RunState.QUEUED, run=run))
        self.leader.tell(self.repo, queued)
        return queued

    # Its course

    def _watch(self, deployment: Deployment, *, witnessed: bool) -> Deployment:
        """Look at the run again and again until it is over, time is out, or somebody leaves.

        The time in which it waits for a person does not count. How long it took is known to who
        `witnessed` it; whoever finds it over only knows how long nobody looked.
        """
        leader, left = self.leader, self.step.timeout
        last = leader.clock.elapsed()
        while not leader.left and deployment.run:
            deployment = self._look(deployment, deployment.run)
            witnessed = witnessed or not deployment.state.over
            if not witnessed:
                deployment = replace(deployment, seconds=0.0)
            if deployment.state is RunState.SUCCEEDED and self.step.health:
                return self._healthy(deployment, self.step.health)
            leader.tell(self.repo, deployment)
            if deployment.state.over:
                break
            now = leader.clock.elapsed()
            left -= 0.0 if deployment.state is RunState.WAITING else now - last
            last = now
            if left <= 0 and not deployment.sight.more:
                return self._out_of_time(deployment)
            leader.pacer.rest(self.step.runner, soon=deployment.sight.more)
        return deployment

    def _look(self, deployment: Deployment, run: Run) -> Deployment:
        """Return what is to be seen now; a look that fails changes nothing."""
        try:
            sight = self._sight(deployment, run)
        except MultigitError as error:
            before = deployment.sight
            sight = replace(before, state=deployment.state, detail=error.message, more=False)
        return deployment.seen(sight, self._seconds(deployment))

    def _sight(self, deployment: Deployment, run: Run) -> Sight:
        """Look at the run; raises MultigitError where that fails."""
        leader, order = self.leader, self._order(deployment)
        return leader.by_hand(lambda: leader.runners.look(order, run))

    def _out_of_time(self, deployment: Deployment) -> Deployment:
        """End what runs here; what runs at a host goes on there, and can be looked at again."""
        if not self.leader.starts:
            return deployment
        last = f" The last look: {deployment.sight.detail}" if deployment.sight.detail else ""
        detail = f"it did not end within {in_words(self.step.timeout)}.{last}"
        if not isinstance(self.step.runner, CommandRunner) or not deployment.run:
            return self._over(deployment, RunState.TIMED_OUT, detail)
        with suppress(MultigitError):
            self.leader.runners.end(self._order(deployment), deployment.run)
        return self._over(deployment, RunState.FAILED, f"{detail} It was ended.")

    def _healthy(self, deployment: Deployment, check: HealthCheck) -> Deployment:
        """Ask until the answer is right so often in a row, or as often as it may be wrong."""
        leader, order = self.leader, self._order(deployment)
        url, wanted = order.fill(check.url), order.fill(check.equals)
        deployment = replace(deployment, state=RunState.CHECKING)
        leader.tell(self.repo, deployment)
        good, wrong = 0, "nobody asked."
        for number in range(check.attempts + check.successes - 1):
            if number:
                leader.clock.wait(check.interval, leader.pacer.leave)
            if leader.left:
                return deployment
            wrong = leader.by_hand(lambda: self._ask(url, wanted, check))
            good = 0 if wrong else good + 1
            if good == check.successes:
                return self._over(deployment, RunState.SUCCEEDED, "")
        return self._over(deployment, RunState.UNHEALTHY, f"{url}: {wrong}")

    def _ask(self, url: str, wanted: str, check: HealthCheck) -> str:
        try:
            answer = self.leader.probe.ask(url, timeout=check.timeout)
        except MultigitError as error:
            return error.message
        return unhealthy(check, wanted, answer)

    def _over(self, deployment: Deployment, state: RunState, detail: str) -> Deployment:
        sight = replace(deployment.sight, state=state, detail=detail)
        over = deployment.seen(sight, self._seconds(deployment))
        self.leader.tell(self.repo, over)
        return over

    def _seconds(self, deployment: Deployment) -> float:
        return max(0.0, self.leader.clock.now() - deployment.since)  # a clock may be set back

    def _order(self, deployment: Deployment) -> Order:
        return self.orders.of_known(self.step, deployment)


def said(error: MultigitError) -> str:
    """Return what an error tells, and what to do about it."""
    return f"{error.message} {error.hint}".rstrip()


def pushed_at(plan: Plan) -> float:
    """Return a Unix time before the plan's pushes: the one that its commits bear."""
    return float(plan.date.partition(" ")[0])
