"""Whole operations, on the fake git or a real one: planned as the commands do, then run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.core.planning.plan import Plan
from multigit.core.planning.pull import PullRequest, plan_pull
from multigit.core.planning.push import plan_push
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import hop, hops_down, is_promotion
from multigit.core.planning.steps import MergeStep
from multigit.core.planning.taking_part import R, taking_part
from multigit.core.progress.journal import Entry
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.reports.deployment_words import in_short
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Workspace
from multigit.engine.execute import Executor
from multigit.engine.fleet import Fleet
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.observe.observation import Observation, observe
from multigit.engine.observe.pull import PullObservation
from multigit.engine.observe.push import PushObservation
from multigit.engine.ports import FORGETFUL, Git, JournalWriter
from multigit.engine.update import update_everywhere
from tests.core.builders import state
from tests.support.fake_git import FakeGit

NAMES = ("api", "web", "worker")
MOMENT = StartTime(datetime(2025, 1, 15, 15, 1, 30, tzinfo=UTC), "7f3a")
TAG = "refs/tags/stg-deploy-20250115-150130"
DEV, STG, MAIN = "refs/heads/dev", "refs/heads/stg", "refs/heads/main"
TRAILER = "Multigit-Operation: test"


class Place(Git, Protocol):
    """Repositories, and the workspace that they form."""

    @property
    def workspace(self) -> Workspace:
        """Return the workspace."""


class Listening:
    """A listener that keeps its notifications, and may act on them."""

    def __init__(self, act: Callable[[str, str], object] | None = None) -> None:
        self.heard: list[tuple[str, ...]] = []
        self._act = act

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Keep the phase."""
        self.heard.append((name, *repos))

    def started(self, repo: str, doing: str) -> None:
        """Keep and act."""
        self.heard.append((repo, doing))
        if self._act:
            self._act(repo, doing)

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Keep the state of a deployment in words, and act."""
        self.started(repo, in_short(deployment))

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Keep the state, and its detail."""
        self.heard.append((repo, str(state), detail))

    def say(self, sentence: str) -> None:
        """Keep the sentence."""
        self.heard.append((sentence,))

    def paused(self, why: str) -> None:
        """Keep the reason."""
        self.heard.append(("paused", why))


class Notes:
    """A journal in memory that also keeps the refs of the remotes at each entry."""

    def __init__(self, git: FakeGit) -> None:
        self.entries: list[Entry] = []
        self.remotes: list[dict[str, dict[str, str]]] = []
        self._git = git
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        """Keep the entry."""
        with self._lock:
            self.entries.append(entry)
            self.remotes.append(self._git.remote_refs())


def with_changes(git: FakeGit) -> FakeGit:
    """Let a colleague commit on dev in every repository."""
    for name, repo in git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "1"})
    return git


def begun(plan: Plan, git: FakeGit) -> OperationState:
    """Run the plan; return its state from the journal once everything was prepared."""
    notes = Notes(git)
    execute(git, plan, journal=notes)
    return state(made=notes.entries[0].made)


def plan_promotion(
    git: Place,
    source: str = "dev",
    target: str = "stg",
    *,
    skip_blocked: bool = False,
    accept_reverts: bool = False,
    roll_forward: bool = False,
) -> Plan:
    """Observe and plan as `multigit promote` does."""
    space = git.workspace
    here, there = space.stage(source), space.stage(target)
    forward = is_promotion(space, here, there, space.repos)
    hops = (hop(space, here, there, None, forward=forward),)
    request = MergeRequest("promote", MOMENT, hops, space.repos, skip_blocked)
    return plan_request(
        git, replace(request, accept_reverts=accept_reverts, roll_forward=roll_forward)
    )


def plan_backmerge(git: Place, *, accept_reverts: bool = False) -> Plan:
    """Observe and plan as `multigit backmerge` does."""
    space = git.workspace
    hops = hops_down(space, None, space.repos)
    request = MergeRequest("backmerge", MOMENT, hops, space.repos, accept_reverts=accept_reverts)
    return plan_request(git, request)


def plan_request(git: Place, request: MergeRequest) -> Plan:
    """Observe and plan."""
    later = git.workspace.later_than(stage.name for stage in request.moving())
    request = replace(request, later=later)
    seen = observe_each(git, request, MergeObservation)
    return plan_merges(request, git.workspace, seen)


def observe_each(
    git: Place, request: R, observation_of: Callable[[R], Observation]
) -> Mapping[str, Snapshot]:
    """Observe the repositories that take part in a request, as a session does."""
    asked = taking_part(request, git.workspace)
    repos = [repo for repo in request.repos if repo.name in asked]
    fleet = Fleet(Listening(), 4)
    return observe(git, repos, lambda repo: observation_of(asked[repo.name]), fleet)


def push_request(
    git: Place, promote_to: str = "", *, message: str = "feat: work", verify: bool = True
) -> PushRequest:
    """Return the request of `multigit push dev`."""
    space = git.workspace
    dev = space.stage("dev")
    promotion = hop(space, dev, space.stage(promote_to), None, forward=True) if promote_to else None
    return PushRequest(dev, message, MOMENT, space.repos, promotion, verify=verify)


def plan_work(
    git: Place, promote_to: str = "", *, message: str = "feat: work", verify: bool = True
) -> Plan:
    """Observe and plan as `multigit push dev` does."""
    request = push_request(git, promote_to, message=message, verify=verify)
    seen = observe_each(git, request, lambda own: PushObservation(own, git.workspace.push))
    return plan_push(request, git.workspace, seen)


def plan_update(git: Place, stage: str = "dev", *, switch: bool = False) -> Plan:
    """Observe and plan as `multigit pull` does."""
    space = git.workspace
    request = PullRequest(space.stage(stage), MOMENT, space.repos, switch)
    return plan_pull(request, space, observe_each(git, request, PullObservation))


def execute(
    git: Place,
    plan: Plan,
    *,
    jobs: int = 4,
    listener: Listening | None = None,
    journal: JournalWriter = FORGETFUL,
    again: bool = False,
    state: OperationState = NOTHING_YET,
) -> Report:
    """Run the plan of an operation that publishes, from the given state."""
    fleet = Fleet(listener or Listening(), jobs)
    return Executor(git, git.workspace, plan, fleet, TRAILER, journal, again, state=state).run()


def update(git: Place, plan: Plan, *, jobs: int = 4, listener: Listening | None = None) -> Report:
    """Run the plan of a pull."""
    fleet = Fleet(listener or Listening(), jobs)
    return update_everywhere(git, git.workspace, plan, fleet)


def outcome(report: Report, repo: str) -> Outcome:
    """Return the outcome of one repository."""
    return next(each for each in report.outcomes if each.repo == repo)


def states(report: Report) -> dict[str, str]:
    """Return the state of each repository."""
    return {each.repo: str(each.state) for each in report.outcomes}


def problem(report: Report, repo: str) -> Problem:
    """Return the one problem of a repository."""
    (found,) = outcome(report, repo).problems
    return found


def messages(report: Report, repo: str) -> list[str]:
    """Return the messages of a repository's problems."""
    return [each.message for each in outcome(report, repo).problems]


def merge_step(plan: Plan, repo: str) -> MergeStep:
    """Return the merge planned in a repository."""
    return next(each for each in plan.repos if each.repo == repo).merges()[0]
