"""Files of a commit, read or exported without a checkout."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.settings import index_in


class ReadsFiles(Clone):
    """Reads the files of commits."""

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit, and no others, into an empty folder as a checkout would."""
        with scratch_folder() as scratch:
            place = {  # so that only the commit's own attributes count
                **index_in(scratch),
                "GIT_DIR": str(self._config.common_dir),
                "GIT_WORK_TREE": str(folder),
            }
            for command in (("read-tree", commit), ("checkout-index", "--all", "--quiet")):
                self._door.run(*command, environment=place, folder=folder)

    def mode(self, commit: str, path: str) -> str:
        """Return the mode of a file in a commit, such as 100755; empty if it has no such file."""
        return self._door.run("ls-tree", "--format=%(objectmode)", commit, "--", path).text.strip()

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the paths of what is directly in a folder of a commit."""
        listing = ("ls-tree", "-z", "--full-tree", "--name-only")
        return tuple(self._door.run(*listing, commit, "--", f"{folder}/").fields())

    def content(self, commit: str, path: str) -> str | None:
        """Return the content of a file in a commit; None if it has no such file."""
        return self._blob(commit, path, {"100644", "100755"})

    def link(self, commit: str, path: str) -> str | None:
        """Return the target of a symlink in a commit; None if it has no such link."""
        return self._blob(commit, path, {"120000"})

    def _blob(self, commit: str, path: str, modes: Collection[str]) -> str | None:
        if self.mode(commit, path) not in modes:
            return None
        return self._door.run("cat-file", "blob", f"{commit}:{path}").text
