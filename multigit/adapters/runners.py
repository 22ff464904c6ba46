"""Hands each deployment to its runner; a kind of runner is loaded when it is first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.deploy_config import CommandRunner, GithubRunner, JenkinsRunner
from multigit.core.values.deployment import DeploymentSpec, Gate, Idle, Run, RunStatus, Verdict
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import NotStartedError

if TYPE_CHECKING:
    from multigit.adapters.command.runs import CommandRuns
    from multigit.adapters.github.runs import GithubRuns
    from multigit.adapters.jenkins.runs import JenkinsRuns


class Runners:
    """The runners of one workspace, behind the engine's ports: runs, checks and reviews.

    To support another host, add a folder beside `github`, a runner to
    `core/values/deploy_config.py`, and a case here.

    Commands run below `folder`, where the operations are kept. `alone` means that the workspace
    lock is held: only then is a command taken from a supervisor that should have started it.
    `patience` is how many seconds one request to a host may wait for its limits; `paused` gets a
    sentence when that begins, and nothing at its end.
    """

    def __init__(
        self,
        workspace: Workspace,
        git: GitRepositories,
        folder: Path,
        *,
        alone: bool,
        patience: float,
        paused: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._git = git
        self._folder = folder
        self._alone = alone
        self._patience = patience
        self._paused = paused
        self.leave = threading.Event()  # set when no one waits for a host any longer
        self._lock = threading.Lock()
        self._github: GithubRuns | None = None
        self._jenkins: JenkinsRuns | None = None
        self._commands: CommandRuns | None = None

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Return what would keep this deployment from starting."""
        return self._of(spec).check(spec)

    def checks(self, repo: str, commit: str) -> Sequence[Problem]:
        """Return why a repository's commit is not green at its host, or ()."""
        return self._at_github().checks(repo, self._repo(repo).slug, commit)

    def start(self, spec: DeploymentSpec) -> Run:
        """Start it, once."""
        return self._of(spec).start(spec)

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Search for the run that this spec started."""
        return self._of(spec).find(spec)

    def idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push that should start it starts nothing, or perhaps nothing."""
        return self._of(spec).idle(spec)

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Poll a run."""
        return self._of(spec).poll(spec, run)

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """End a run that no one else would end."""
        self._of(spec).end(spec, run)

    def pending(self, spec: DeploymentSpec, run: Run) -> tuple[Gate, ...]:
        """Return the environments at which a run waits for approval."""
        return self._host(spec).pending(spec, run)

    def review(
        self, spec: DeploymentSpec, run: Run, gates: Sequence[Gate], *, approve: bool, comment: str
    ) -> Sequence[Verdict]:
        """Approve or reject what a run waits for; return what became of each gate."""
        return self._host(spec).review(spec, run, gates, approve=approve, comment=comment)

    def _host(self, spec: DeploymentSpec) -> GithubRuns:
        """Return the host where people review the run."""
        if isinstance(spec.runner, GithubRunner):
            return self._at_github()
        raise TypeError(spec.runner)

    def _at_github(self) -> GithubRuns:
        from multigit.adapters.github.client import GithubClient
        from multigit.adapters.github.runs import GithubRuns
        from multigit.adapters.github.token import find_token

        with self._lock:
            if self._github is None:
                client = GithubClient(
                    api_url=self._workspace.github_api or os.environ.get("GITHUB_API_URL", ""),
                    token=lambda: find_token(os.environ, client.host),
                    wait=self._wait,
                    patience=self._patience,
                    notify=self._paused,
                )
                self._github = GithubRuns(client, self._clone)
        return self._github

    def _of(self, spec: DeploymentSpec) -> GithubRuns | JenkinsRuns | CommandRuns:
        match spec.runner:
            case GithubRunner():
                return self._at_github()
            case JenkinsRunner():
                return self._at_jenkins()
            case CommandRunner():
                return self._here()
            case _:
                assert_never(spec.runner)

    def _at_jenkins(self) -> JenkinsRuns:
        from multigit.adapters.jenkins.runs import JenkinsRuns

        with self._lock:
            self._jenkins = self._jenkins or JenkinsRuns(
                os.environ, pause=self._wait, patience=self._patience, notify=self._paused
            )
        return self._jenkins

    def _here(self) -> CommandRuns:
        from multigit.adapters.command.preflight import CommandPreflight
        from multigit.adapters.command.runs import CommandRuns

        with self._lock:
            self._commands = self._commands or CommandRuns(
                self._folder,
                alone=self._alone,
                export=lambda name, commit, folder: self._clone(name).export(commit, folder),
                preflight=CommandPreflight(
                    mode_of=lambda name, commit, path: self._clone(name).mode(commit, path),
                    link_at=lambda name, commit, path: self._clone(name).link(commit, path),
                    gaps_in=lambda name, commit: self._clone(name).gaps(commit),
                    typed=lambda name, file: self._repo(name).typed(file),
                ),
            )
        return self._commands

    def _repo(self, name: str) -> Repo:
        return self._workspace.repo(name)

    def _clone(self, name: str) -> GitRepository:
        return self._git.repository(self._repo(name))

    def _wait(self, seconds: float) -> None:
        """Wait as long as a host asked for; raises NotStartedError if `leave` is set meanwhile."""
        if self.leave.wait(seconds):
            message = "multigit was interrupted before it asked the host."
            raise NotStartedError(message, code="interrupted")
