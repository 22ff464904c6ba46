"""One run of a command: the workspace, the screen and the ways to the world, opened together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from multigit.adapters.config.find import find_config
from multigit.adapters.config.load import load
from multigit.adapters.files.folder import WorkspaceFiles
from multigit.adapters.git.lock_refs import RemoteLocks
from multigit.adapters.git.workspace import GitRepositories
from multigit.adapters.system import clock
from multigit.adapters.system.actors import attended
from multigit.adapters.system.limits import most_workers
from multigit.core.values.moment import Moment
from multigit.core.values.workspace import Workspace
from multigit.operation.stage_locks import LocksInRemotes
from multigit.ui.screen import Screen

if TYPE_CHECKING:
    from multigit.adapters.runners import Runners


@dataclass(frozen=True, slots=True)
class Session:
    """What every command works with."""

    workspace: Workspace
    screen: Screen
    git: GitRepositories
    files: WorkspaceFiles
    moment: Moment
    jobs: int

    @classmethod
    def open(
        cls,
        config: Path | None = None,
        *,
        json: bool = False,
        no_color: bool = False,
        jobs: int | None = None,
    ) -> Session:
        """Read the configuration, the nearest unless one is named.

        With `json` the results are one document. At most `jobs` repositories are worked on at a
        time. Raises ConfigError with everything that is wrong with the configuration.
        """
        screen = Screen(json_wanted=json, color=not no_color, attended=attended(os.environ))
        here = Path.cwd()
        workspace = load(find_config(here, os.environ, config)).seen_from(here)
        return cls(
            workspace=workspace,
            screen=screen,
            git=GitRepositories(workspace),
            files=WorkspaceFiles(workspace),
            moment=clock.now(workspace.timezone),
            jobs=min(jobs or workspace.jobs, most_workers()),
        )

    def runners(self) -> Runners:
        """Return what carries deployments out; who is not alone here only looks at them."""
        from multigit.adapters.runners import Runners

        return Runners(self.workspace, self.git, self.files.operations, alone=self.files.alone)

    def locks(self, name: str = "") -> RemoteLocks:
        """Return the locks in a repository's remote: in that of the configuration if none is named.

        Raises RefusedError when the configuration lost it.
        """
        repo = self.workspace.repo(name or self.workspace.lock_repo)
        return RemoteLocks(self.git.repository(repo))

    def stage_locks(self) -> LocksInRemotes:
        """Return the locks around an operation."""
        return LocksInRemotes(self.workspace.lock_repo, self.locks)
