"""One run of a command: the workspace, the screen, git and the workspace's files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from multigit.adapters.config.find import find_config
from multigit.adapters.config.load import load
from multigit.adapters.files.folder import WorkspaceFiles
from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.adapters.git.workspace import GitRepositories
from multigit.adapters.system import clock
from multigit.adapters.system.actors import attended
from multigit.adapters.system.limits import most_workers
from multigit.core.planning.plan import Plan
from multigit.core.planning.taking_part import R, taking_part
from multigit.core.progress.locks import stages_changed
from multigit.core.progress.shared import Shared, local_holds
from multigit.core.values.agreement import Actor
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Repo, Workspace
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import Observation, observe
from multigit.engine.observe.shared import read_shared
from multigit.ui.screen import Screen

if TYPE_CHECKING:
    from multigit.adapters.runners import Runners
    from multigit.core.values.listener import Listener


@dataclass(frozen=True, slots=True)
class Session:
    """What every command works with."""

    workspace: Workspace
    screen: Screen
    git: GitRepositories
    files: WorkspaceFiles
    start_time: StartTime
    jobs: int

    @classmethod
    def open(
        cls,
        config: Path | None = None,
        *,
        json: bool = False,
        json_lines: bool = False,
        no_color: bool = False,
        jobs: int | None = None,
    ) -> Session:
        """Read the configuration: the named one, or the nearest.

        With `json` the result is one document, with `json_lines` an event on each line. At most
        `jobs` repositories are processed at a time. Raises ConfigError with every mistake in the
        configuration.
        """
        screen = Screen(
            json_wanted=json,
            lines=json_lines,
            color=not no_color,
            attended=attended(os.environ),
        )
        here = Path.cwd()
        workspace = load(find_config(here, os.environ, config)).seen_from(here)
        return cls(
            workspace=workspace,
            screen=screen,
            git=GitRepositories(workspace),
            files=WorkspaceFiles(workspace),
            start_time=clock.now(workspace.timezone),
            jobs=min(jobs or workspace.jobs, most_workers()),
        )

    @contextmanager
    def fleet(self) -> Iterator[Fleet]:
        """Return a fleet that shows its progress; it works on `jobs` repositories at a time."""
        with self.screen.progress() as progress:
            yield Fleet(progress, self.jobs)

    def observe(
        self,
        repos: Sequence[Repo],
        observation_of: Callable[[Repo], Observation],
        *,
        doing: str = "fetching",
    ) -> Mapping[str, Snapshot]:
        """Observe these repositories; `doing` is what the progress shows first."""
        with self.fleet() as fleet:
            return observe(self.git, repos, observation_of, fleet, doing=doing)

    def shared(self, *, fetch: bool = True) -> Shared:
        """Return the holds and marks that all machines share, after what this command observed.

        They came with the fetch of the lock repository. If this command did not fetch that, `fetch`
        does it now; without it, they are as of the last time. Without a lock repository, they are
        the holds of this workspace, and the marks in its log. A hold that the workspace made before
        it had a lock repository counts until it is released.
        """
        space = self.workspace
        here = local_holds(self.files.holds.read())
        if not space.lock_repo:
            return replace(here, marks=self.files.history.marks())
        with self.fleet() as fleet:
            shared = read_shared(self.git, space.repo(space.lock_repo), fleet, fetch=fetch)
        return shared.with_local(here)

    def noting_holds(self, plan: Plan, shared: Shared | None = None) -> Plan:
        """Return the plan with the holds on its stages: those that come later stop it.

        What is `shared` is read now, unless it was read for the plan.
        """
        stages = stages_changed(plan)
        return replace(plan, holds=(shared or self.shared()).seen(stages)) if stages else plan

    def observe_each(
        self, request: R, observation_of: Callable[[R], Observation]
    ) -> Mapping[str, Snapshot]:
        """Observe the repositories that take part in a request; UsageError if none does."""
        asked = taking_part(request, self.workspace)
        repos = [repo for repo in request.repos if repo.name in asked]
        return self.observe(repos, lambda repo: observation_of(asked[repo.name]))

    def actor(self, repos: Iterable[str]) -> Actor:
        """Return who runs a command: the committer configured in these repositories."""
        return clock.actor(next(filter(None, map(self.git.identity, repos)), ""))

    def runners(self, listener: Listener | None = None) -> Runners:
        """Return the runners; without the workspace lock they only read.

        If a host asks to wait, they wait a minute at most, and show it to the listener. Without a
        listener they leave the waiting to the engine.
        """
        from multigit.adapters.http.limiter import LONGEST_WAIT
        from multigit.adapters.runners import Runners

        return Runners(
            self.workspace,
            self.git,
            self.files.operations,
            alone=self.files.alone,
            patience=LONGEST_WAIT if listener else 0.0,
            paused=listener.paused if listener else lambda _: None,
        )

    def locks(self, name: str = "") -> RemoteLocks:
        """Return the locks in a repository's remote; the default is the configured one.

        Raises RefusedError if the configuration no longer names the repository.
        """
        repo = self.workspace.repo(name or self.workspace.lock_repo)
        return RemoteLocks(self.git.repository(repo))
