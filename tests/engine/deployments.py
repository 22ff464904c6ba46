"""A stage that deploys: fake git, runners, clock and health probe, and a journal in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from multigit.core.planning.plan import Plan
from multigit.core.progress.earlier import LastOperation
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.recovery.resume import resumed
from multigit.core.values.agreement import Actor
from multigit.core.values.deploy_config import Deploy, GithubRunner, HealthCheck
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.health_check import HealthAnswer
from multigit.engine.deploy import Deployer
from multigit.engine.deploy_context import DeployContext
from multigit.engine.execute import Executor
from multigit.engine.fleet import Fleet
from multigit.engine.ports import FORGETFUL, JournalWriter
from multigit.engine.remote_state import read_remote_states
from tests.engine.operations import TRAILER, Listening, plan_promotion
from tests.support.fake_git import FakeGit
from tests.support.fake_runners import FakeClock, FakeProbe, FakeRunners

NAMES = ("database", "api", "web")
GITHUB = GithubRunner("deploy.yml")
HEALTH = HealthCheck("https://{repo}.example/health", json="sha", successes=2, interval=7.0)
SUCCEEDED = RunState.SUCCEEDED
FAILED = RunState.FAILED
RUNNING = RunState.RUNNING


class Notes:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Keep the entry."""
        self.entries.append(entry)


class World:
    """Three repositories that stg deploys, with everything around them."""

    def __init__(self) -> None:
        self.git = FakeGit(*NAMES)
        self.git.deploy = Deploy(GITHUB, timeout=600.0)
        for name, repo in self.git.repos.items():
            repo.remote.commit("dev", {name: "1"})
        self.runners = FakeRunners()
        self.clock = FakeClock()
        self.probe = FakeProbe(HealthAnswer(200))
        self.heard = Listening()
        self.leave = threading.Event()
        self.jobs = 4
        self.earlier: Mapping[str, LastOperation] = {}
        self.waited: list[Mapping[str, tuple[Deployment, ...]]] = []

    def plan(self) -> Plan:
        """Plan the promotion."""
        return plan_promotion(self.git)

    def run(
        self,
        plan: Plan | None = None,
        journal: JournalWriter = FORGETFUL,
        *,
        again: bool = False,
        state: OperationState = NOTHING_YET,
    ) -> Report:
        """Run a plan, by default the promotion's, from the given state."""
        plan = plan or self.plan()
        context = DeployContext(
            plan,
            self.runners,
            self.probe,
            self.clock,
            journal,
            self.heard,
            self.leave,
            jobs=self.jobs,
            on_waiting=self.waited.append,
            earlier=self.earlier,
        )
        return Executor(
            git=self.git,
            workspace=self.git.workspace,
            plan=plan,
            fleet=Fleet(self.heard, 4),
            trailer=TRAILER,
            journal=journal,
            again=again,
            deployer=Deployer(context, state),
            state=state,
        ).run()

    def resume(
        self, notes: Notes, *, wait: bool = True, accepted: tuple[str, ...] | None = None
    ) -> Report:
        """Run `multigit continue` after an operation that left these notes.

        `accepted` are the keys of deployments that are accepted now, by default those of its plan.
        """
        known = Operation.from_entries(notes.entries)
        assert known
        remotes = read_remote_states(self.git, self.git.workspace, known, Fleet(self.heard, 4))
        left = resumed(known, remotes, {}, skip_blocked=False)
        now = left.plan.accepted_now if accepted is None else accepted
        plan = replace(left.plan, wait=wait, accepted_now=now)
        progress = left.state.repos
        notes.write(Entry(EntryKind.BEGUN, plan, known.actor, progress=progress))
        return self.run(plan, notes, again=True, state=left.state)

    def begun(self) -> tuple[Plan, Notes]:
        """Return a plan and the journal in which it was started."""
        plan, notes = self.plan(), Notes()
        notes.write(Entry(EntryKind.BEGUN, plan=plan, actor=Actor("Ada", "ada", "desk")))
        return plan, notes


def ends(report: Report) -> dict[str, list[str]]:
    """Return the results of each repository's deployments."""
    return {o.repo: [str(d.state) for d in o.deployments] for o in report.outcomes}
