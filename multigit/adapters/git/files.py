"""Files of a commit, read or written out without a checkout."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.settings import index_in


class ReadsFiles(Clone):
    """Reads the files of commits."""

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into an empty folder, as a checkout would, and no more."""
        with scratch_folder() as scratch:
            place = {  # so that only the commit's own attributes are seen
                **index_in(scratch),
                "GIT_DIR": str(self._config.common_dir),
                "GIT_WORK_TREE": str(folder),
            }
            for command in (("read-tree", commit), ("checkout-index", "--all", "--quiet")):
                self._door.run(*command, environment=place, folder=folder)

    def mode(self, commit: str, path: str) -> str:
        """Return the mode of a file in a commit, as in 100755; empty where there is none."""
        return self._door.run("ls-tree", "--format=%(objectmode)", commit, "--", path).text.strip()

    def content(self, commit: str, path: str) -> str | None:
        """Return what a file holds in a commit; None where there is none."""
        return self._blob(commit, path, {"100644", "100755"})

    def link(self, commit: str, path: str) -> str | None:
        """Return what a symlink in a commit points to; None where there is none."""
        return self._blob(commit, path, {"120000"})

    def _blob(self, commit: str, path: str, modes: Collection[str]) -> str | None:
        if self.mode(commit, path) not in modes:
            return None
        return self._door.run("cat-file", "blob", f"{commit}:{path}").text
