"""Files of a commit, read or written out without a checkout."""

from __future__ import annotations

from pathlib import Path

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.settings import index_in


def export(door: GitDoor, common_dir: Path, commit: str, folder: Path) -> None:
    """Write the files of a commit into an empty folder, as a checkout would, and no more."""
    with scratch_folder() as scratch:
        place = {  # so that only the commit's own attributes are seen
            **index_in(scratch),
            "GIT_DIR": str(common_dir),
            "GIT_WORK_TREE": str(folder),
        }
        for command in (("read-tree", commit), ("checkout-index", "--all", "--quiet")):
            door.run(*command, environment=place, folder=folder)


def mode(door: GitDoor, commit: str, path: str) -> str:
    """Return the mode of a file in a commit, as in 100755; empty where there is none."""
    return door.run("ls-tree", "--format=%(objectmode)", commit, "--", path).text.strip()


def content(door: GitDoor, commit: str, path: str) -> str | None:
    """Return what a file holds in a commit; None where there is none."""
    if mode(door, commit, path) not in {"100644", "100755"}:
        return None
    return door.run("cat-file", "blob", f"{commit}:{path}").text


def link(door: GitDoor, commit: str, path: str) -> str | None:
    """Return what a symlink in a commit points to; None where there is none."""
    if mode(door, commit, path) != "120000":
        return None
    return door.run("cat-file", "blob", f"{commit}:{path}").text
