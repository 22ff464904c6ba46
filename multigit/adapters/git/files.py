"""Files of a commit, read or exported without a checkout."""

from __future__ import annotations

from pathlib import Path

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.blobs import read_blobs
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

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """Return the content of the files that are directly in a folder of a commit, by path."""
        form = "--format=%(objectmode) %(objectname) %(path)"
        listing = ("ls-tree", "-z", "--full-tree", form, commit, "--", f"{folder}/")
        rows = (row.split(" ", 2) for row in self._door.run(*listing).fields())
        blobs = {path: sha for mode, sha, path in rows if mode in {"100644", "100755"}}
        contents = dict(read_blobs(self._door, set(blobs.values())))
        return {
            path: contents[sha].decode("utf-8", "surrogateescape") for path, sha in blobs.items()
        }

    def link(self, commit: str, path: str) -> str | None:
        """Return the target of a symlink in a commit; None if it has no such link."""
        if self.mode(commit, path) != "120000":
            return None
        return self._door.run("cat-file", "blob", f"{commit}:{path}").text
