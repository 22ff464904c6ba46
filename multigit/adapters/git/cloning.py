"""Cloning: into a scratch folder first, so that a partial clone is never mistaken for one."""

from __future__ import annotations

import os

from multigit.adapters.files.scratch import CLONES, lent_folder
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.process import ssh_command
from multigit.errors import GitError


class ClonesRemote(Clone):
    """Makes the clone."""

    def clone(self) -> None:
        """Clone the remote's repository, and move the clone to its folder when it is whole."""
        waiting_room = self._workspace.root / ".multigit" / CLONES
        url, push_url = self._repo.url, self._repo.push_url
        own = ("--config", f"remote.{self._remote}.pushurl={push_url}") if push_url else ()
        try:
            waiting_room.mkdir(parents=True, exist_ok=True)
            with lent_folder(waiting_room, f"{self._repo.name}-") as scratch:
                if ssh := ssh_command(os.environ, ""):
                    self._door.environment["GIT_SSH_COMMAND"] = ssh
                self._door.run(
                    *("clone", "--quiet", "--origin", self._remote, *own, "--", url),
                    str(scratch / "clone"),
                    folder=scratch,
                )
                self._folder.parent.mkdir(parents=True, exist_ok=True)
                (scratch / "clone").rename(self._folder)
        except OSError as error:
            raise GitError(
                f"it cannot be cloned: {error.strerror or error}.",
                hint="Free some space, and check the permissions of the workspace.",
                code="not_writable",
            ) from error
