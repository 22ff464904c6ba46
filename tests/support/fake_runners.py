"""Deployments in memory: runs that follow a test's script, and faults when they start."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from multigit.core.values.deployment import DeploymentSpec, Idle, Run, RunState, RunStatus
from multigit.core.values.health_check import HealthAnswer
from multigit.core.values.problem import Problem
from multigit.errors import (
    GitError,
    NotStartedError,
    RunGoneError,
    TooEarlyError,
    UnknownStartError,
)
from multigit.phrase import marked

Place = tuple[str, str]  # repository, target
PATIENCE = 3  # polls of a run that is gone until it is unknown: a host may be wrong for a moment


class FakeRunners:
    """Fake runners. A run goes through the states of its script, one per poll; the last one stays.

    `starts` counts what really began. `refuse`, `lose_answer` and `lose_request` are places whose
    next start has that fault. `after_end` has, by repository, what a run shows after it was to
    end, by default that it was ended. `limits` are the seconds that the host asks to wait, for the
    next requests of each place. `deleted` are the ids of runs that are gone. `at_start` and
    `at_poll` are called when one arrives.
    """

    def __init__(self) -> None:
        self.scripts: dict[Place, list[RunStatus]] = {}
        self.courses: dict[str, list[RunStatus]] = {}  # of the runs that began, by the order's key
        self.starts: Counter[Place] = Counter()
        self.runs: dict[str, Place] = {}
        self.refuse: set[Place] = set()
        self.lose_answer: set[Place] = set()
        self.lose_request: set[Place] = set()
        self.limits: dict[Place, list[float]] = {}
        self.never_began: set[Place] = set()
        self.broken_looks = 0
        self.by_push: dict[Place, int] = {}  # how many searches do not yet see the run of a push
        self.idle_pushes: dict[str, Idle] = {}  # by repository
        self.ended: list[str] = []
        self.after_end: dict[str, RunStatus] = {}
        self.red: dict[str, list[Problem]] = {}
        self.problems: dict[str, list[Problem]] = {}
        self.at_start: Callable[[DeploymentSpec], object] = lambda _: None
        self.at_poll: Callable[[DeploymentSpec], object] = lambda _: None
        self.deleted: set[str] = set()
        self._missed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def script(self, repo: str, *states: RunState | RunStatus, target: str = "") -> None:
        """Set the states of the runs of a place."""
        seen = [state if isinstance(state, RunStatus) else RunStatus(state) for state in states]
        self.scripts[repo, target] = seen

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Return the problems that the test has set for a repository."""
        return self.problems.get(spec.repo, [])

    def checks(self, repo: str, commit: str) -> Sequence[Problem]:
        """Return the problems that the test has set for the commit."""
        del commit
        return self.red.get(repo, [])

    def start(self, spec: DeploymentSpec) -> Run:
        """Start a run, or fail."""
        place = (spec.repo, spec.target)
        self.at_start(spec)
        with self._lock:
            self._require_no_limit(place)
            if place in self.refuse:
                self.refuse.discard(place)
                raise GitError("the host refused it.", hint=marked("Ask `there`."))
            if place in self.lose_request:
                self.lose_request.discard(place)
                raise UnknownStartError("the connection broke off.")
            self.starts[place] += 1
            self.runs[spec.key] = place
            self.courses[spec.key] = list(self.scripts.get(place, [RunStatus(RunState.SUCCEEDED)]))
            if place in self.lose_answer:
                self.lose_answer.discard(place)
                raise UnknownStartError("the connection broke off.")
        return Run(spec.key, f"https://runs.example/{spec.key}")

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Find a run that began."""
        self._require_no_limit((spec.repo, spec.target))
        if (spec.repo, spec.target) in self.never_began:
            self.never_began.discard((spec.repo, spec.target))
            raise NotStartedError("it never began.")
        place = (spec.repo, spec.target)
        if self.by_push.get(place, -1) == 0:
            self.runs[spec.key] = place
        elif place in self.by_push:
            self.by_push[place] -= 1
        return Run(spec.key) if spec.key in self.runs else None

    def idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push starts nothing, as the test has set it."""
        self._require_no_limit((spec.repo, spec.target))
        return self.idle_pushes.get(spec.repo) if spec.runner.by_push else None

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Return the next state."""
        self.at_poll(spec)
        with self._lock:
            self._require_no_limit((spec.repo, spec.target))
            if self.broken_looks:
                self.broken_looks -= 1
                raise GitError("the host answered 502.")
            if run.id in self.deleted:
                gone = f"run of {spec.repo} was deleted."
                self._missed[run.id] += 1
                if self._missed[run.id] <= PATIENCE:
                    raise RunGoneError(gone)
                return RunStatus(RunState.UNKNOWN, detail=gone)
            script = self.scripts.get((spec.repo, spec.target), [RunStatus(RunState.SUCCEEDED)])
            script = self.courses.get(run.id, script)
            assert run.id in self.runs
            return script.pop(0) if len(script) > 1 else script[0]

    def _require_no_limit(self, place: Place) -> None:
        if limits := self.limits.get(place):
            seconds = limits.pop(0)
            raise TooEarlyError(f"the host asks to wait {seconds:g} s.", seconds=seconds)

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """Record the end of a run."""
        self.ended.append(run.id)
        ended = RunStatus(RunState.FAILED, detail="it was ended.")
        self.courses[run.id] = [self.after_end.get(spec.repo, ended)]


class FakeProbe:
    """A probe that gives a test's answers, and remembers the URLs."""

    def __init__(self, *answers: HealthAnswer | str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, url: str, *, timeout: float) -> HealthAnswer:
        """Return the next answer, or the last one again; a string is raised as an error."""
        del timeout
        self.asked.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise GitError(answer)
        return answer


class FakeClock:
    """A clock that only moves when something waits."""

    def __init__(self) -> None:
        self.time = 1_736_953_290.0
        self.forward = 0.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the time."""
        return self.time

    def elapsed(self) -> float:
        """Return the seconds that have passed, no matter what the clock is set to."""
        return self.forward

    def wait(self, seconds: float, leave: threading.Event) -> None:
        """Let the time pass."""
        if not leave.is_set():
            with self._lock:
                self.time += seconds
                self.forward += seconds
                self.waits.append(seconds)
