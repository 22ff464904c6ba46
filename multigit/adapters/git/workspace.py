"""The repositories of a workspace, each opened once."""

from __future__ import annotations

from pathlib import Path

from multigit.adapters.git.process import require_git
from multigit.adapters.git.repository import GitRepository
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import MultigitError


class GitRepositories:
    """Hands out the repositories of a workspace, one object for each."""

    def __init__(self, workspace: Workspace) -> None:
        require_git()
        self._workspace = workspace
        self._repositories: dict[str, GitRepository] = {}
        self._transcripts: Path | None = None

    def repository(self, repo: Repo) -> GitRepository:
        """Return the repository; nothing is read yet."""
        if repo.name not in self._repositories:
            opened = GitRepository(self._workspace, repo)
            if self._transcripts:
                opened.transcript.keep(self._transcripts / f"{repo.name}.log")
            self._repositories[repo.name] = opened
        return self._repositories[repo.name]

    def identity(self, name: str) -> str:
        """Return the committer that one repository's configuration names, or empty."""
        repo = next((repo for repo in self._workspace.repos if repo.name == name), None)
        try:
            return self.repository(repo).facts().identity if repo else ""
        except MultigitError:
            return ""

    def keep_transcripts(self, folder: Path) -> None:
        """Write what git did so far, and does from now on, to one file per repository.

        Also for those that are opened later, such as those that `multigit continue` deploys.
        """
        self._transcripts = folder
        for name, repository in self._repositories.items():
            repository.transcript.keep(folder / f"{name}.log")
