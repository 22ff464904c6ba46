"""One clone on disk and its remote: opened once, at the first use."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote

from multigit.adapters.files.durable import moved_aside
from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.process import GitDoor, require_git, ssh_command
from multigit.adapters.git.programs import refuse_programs
from multigit.adapters.git.push.mark import PushMark
from multigit.adapters.git.remote import Remote
from multigit.adapters.git.transcript import Transcript
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import GitError
from multigit.hints import Hint


class Clone:
    """A clone with its remote. Reads configuration once, at the first use."""

    def __init__(self, workspace: Workspace, repo: Repo) -> None:
        self._workspace = workspace
        self._repo = repo
        self._remote = workspace.remote_of(repo)
        self.transcript = Transcript()
        folder = Path(os.path.abspath(workspace.root / repo.path))  # noqa: PTH100  (no symlinks)
        self._folder = folder
        self._mark = PushMark(workspace.root / ".multigit" / "pushes" / repo.name)
        self._settings: GitConfig | None = None
        self._door = GitDoor(
            folder.resolve(), timeout=workspace.git_timeout, transcript=self.transcript
        )
        self._door.remote = self._remote
        # A fetch does not set refs/remotes/REMOTE/HEAD.
        self._door.options = (f"remote.{self._remote}.followRemoteHEAD=never",)

    @property
    def _config(self) -> GitConfig:
        # No cached_property: in Python 3.11, all repositories would wait for its one lock.
        if self._settings is None:
            self._settings = self._open()
        return self._settings

    def _open(self) -> GitConfig:
        try:
            config = read_config(self._door)
        except GitError as error:
            raise self._absent(error) from error
        if not any(f"remote.{self._remote}.{key}" in config.values for key in ("url", "pushurl")):
            raise GitError(
                f"there is no remote {self._remote}.",
                hint=Hint.ADD_REMOTE.format(
                    path=self._repo.typed(), remote=self._remote, url=quote(self._repo.url)
                )
                if self._repo.url
                else f"Add one there, or name another: remote in [repos.{self._repo.name}].",
                code="no_remote",
            )
        if ssh := ssh_command(os.environ, config.last("core.sshcommand")):
            self._door.environment["GIT_SSH_COMMAND"] = ssh
        refuse_programs(config, self._remote_of(config), self._repo)
        return config

    def _absent(self, error: GitError) -> GitError:
        """Return the error about a missing clone, with the command that clones it."""
        stages = self._workspace.stages_of(self._repo)
        if error.code not in {"missing", "not_a_repository"} or not (self._repo.url and stages):
            return error
        hint = Hint.CLONE if error.code == "missing" else Hint.CLONE_INSTEAD
        return GitError(
            error.message,
            hint=hint.format(stage=stages[0].name, repo=quote(self._repo.name)),
            code=error.code,
            output=error.output,
        )

    def exists(self) -> bool:
        """Return whether anything is at the repository's path; an empty folder is nothing."""
        empty = self._folder.is_dir() and not any(self._folder.iterdir())
        return self._folder.exists() and not empty

    def facts(self) -> CloneFacts:
        """Return what the clone's configuration says about publishing."""
        return self._config.facts(self._place())

    def remote_urls(self) -> tuple[str, ...]:
        """Return the remote's URLs: those that git pushes to, fetches from, and as written."""
        return self._place().urls()

    def _place(self) -> Remote:
        """Return the remote as the clone's configuration has it."""
        return self._remote_of(self._config)

    def _remote_of(self, config: GitConfig) -> Remote:
        return Remote(
            self._remote,
            config.values,
            require_git(),
            self._door.folder,
            self._repo.push_url,
            ssh_command(os.environ, config.last("core.sshcommand")),
        )

    def _own_files(self) -> tuple[str, ...]:
        """Return multigit's own files in this clone, and what was moved out of their way."""
        folder, own = self._door.folder, self._workspace.own_files(self._repo)
        aside = [file for name in own for file in moved_aside(folder / name)]
        return (*own, *(str(file.relative_to(folder)) for file in aside))
