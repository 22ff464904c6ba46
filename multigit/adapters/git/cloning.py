"""Cloning: into a scratch folder first, so that a partial clone is never mistaken for one."""

from __future__ import annotations

import os
from pathlib import Path

from multigit.adapters.files.scratch import lent_folder
from multigit.adapters.git.process import GitDoor, ssh_command
from multigit.core.values.workspace import Repo
from multigit.errors import GitError


def clone_into(folder: Path, door: GitDoor, repo: Repo, remote: str, waiting_room: Path) -> None:
    """Clone a repository's remote, and move the clone to its folder when it is whole."""
    try:
        _clone(folder, door, repo, remote, waiting_room)
    except OSError as error:
        raise GitError(
            f"it cannot be cloned: {error.strerror or error}.",
            hint="Free some space, and check the permissions of the workspace.",
            code="not_writable",
        ) from error


def _clone(folder: Path, door: GitDoor, repo: Repo, remote: str, waiting_room: Path) -> None:
    waiting_room.mkdir(parents=True, exist_ok=True)
    with lent_folder(waiting_room, f"{repo.name}-") as scratch:
        if ssh := ssh_command(os.environ, ""):
            door.environment["GIT_SSH_COMMAND"] = ssh
        pushed = f"remote.{remote}.pushurl={repo.push_url}"
        own = ("--config", pushed) if repo.push_url else ()
        door.run(
            *("clone", "--quiet", "--origin", remote, *own, "--", repo.url),
            str(scratch / "clone"),
            folder=scratch,
        )
        folder.parent.mkdir(parents=True, exist_ok=True)
        (scratch / "clone").rename(folder)
