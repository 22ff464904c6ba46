"""Files whose content is not in the commits: a filter keeps it elsewhere, as git-lfs does.

The commit holds a pointer. A pre-push hook uploads the content, and a smudge filter downloads it.
Attributes name these files; no filter is run here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.blobs import read_blobs
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.config import GitConfig
from multigit.adapters.git.paths import SUBMODULE, terminated
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.settings import index_in
from multigit.core.values.work_tree import Gaps

LFS = "lfs"  # the filter of git-lfs
NO_VALUE = {"set", "unset", "unspecified"}  # what git check-attr prints if no filter is named
POINTER_SIZE = 1024  # bytes; the LFS specification allows no larger one
POINTER = re.compile(rb"version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/|/annex/")
_LISTED = "%(objectmode) %(objectname) %(objectsize)%x09%(path)"


def _carrying_filters(config: GitConfig) -> set[str]:
    """Return the filters whose content is uploaded by a pre-push hook.

    That is git-lfs; and if there is a pre-push hook, every filter that is required or has a
    process, since what the hook does is unknown.
    """
    keys = (re.fullmatch(r"filter\.(.+)\.(?:clean|process)", k, re.DOTALL) for k in config.values)
    configured = {key[1] for key in keys if key}
    if not config.pre_push:
        return configured & {LFS}
    return {
        name
        for name in configured
        if name == LFS
        or config.flag(f"filter.{name}.required")
        or config.last(f"filter.{name}.process")
    }


class ReadsFilters(Clone):
    """Reads which files a filter keeps elsewhere."""

    def carried(self, paths: Sequence[str], committed: Sequence[str], tip: str) -> dict[str, str]:
        """Return the filter by path, for those of these files whose content a hook uploads.

        `paths` are files of the work tree, others were `committed` up to `tip`. Starts no process
        if no such filter is configured.
        """
        filters = _carrying_filters(self._config)
        named: dict[str, str] = {}
        if filters and paths:  # the branch is checked out, with its attributes
            named = _attributes(self._door, [*paths, *committed])
        elif filters and committed:
            named = _attributes_of(self._door, tip, committed)
        return {path: name for path, name in named.items() if name in filters}

    def carried_files(self) -> tuple[str, ...]:
        """Return the files of the work tree whose content a hook uploads, new ones included."""
        filters = sorted(_carrying_filters(self._config))
        if not filters:
            return ()
        patterns = (f":(top,attr:filter={name})" for name in filters)
        listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns)
        return tuple(dict.fromkeys(self._door.run(*listing).fields()))

    def gaps(self, commit: str) -> Gaps:
        """Return what an export of a commit will not contain."""
        config = self._config
        listing = ("ls-tree", "-r", "-z", "--full-tree", f"--format={_LISTED}", commit)
        listed = [row.partition("\t") for row in self._door.run(*listing).fields()]
        rows = [(*info.split(), path) for info, _, path in listed]
        submodules = tuple(path for mode, _, _, path in rows if mode == SUBMODULE)
        if not any(path.rpartition("/")[2] == ".gitattributes" for *_, path in rows):
            return Gaps(submodules)
        small = {
            path: sha
            for _, sha, size, path in rows
            if size.isdecimal() and int(size) < POINTER_SIZE
        }
        filters = _attributes_of(self._door, commit, list(small))
        suspects = {p: small[p] for p, name in filters.items() if not _restores(config, name)}
        return Gaps(submodules, _pointers(self._door, suspects) if suspects else ())


def _attributes_of(door: GitDoor, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Return the filter that a commit's own attributes name, by path."""
    with scratch_folder() as folder:
        index = index_in(folder)
        door.run("read-tree", commit, environment=index)
        return _attributes(door, paths, "--cached", environment=index)


def _attributes(
    door: GitDoor, paths: Sequence[str], *options: str, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    fields = door.run(
        *("check-attr", "-z", "--stdin", *options, "filter"),
        input=terminated(paths),
        environment=environment,
    ).fields()
    rows = zip(fields[::3], fields[2::3], strict=True)
    return {path: value for path, value in rows if value not in NO_VALUE}


def _restores(config: GitConfig, name: str) -> bool:
    """Return whether a filter restores content on this machine, as far as settings show."""
    command = config.last(f"filter.{name}.process") or config.last(f"filter.{name}.smudge")
    skips = name == LFS and os.environ.get("GIT_LFS_SKIP_SMUDGE", "0") not in {"", "0", "false"}
    return command.strip() not in {"", "cat"} and "--skip" not in command.split() and not skips


def _pointers(door: GitDoor, blobs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths whose blobs are pointers."""
    names = dict.fromkeys(blobs.values())
    pointers = {sha for sha, content in read_blobs(door, names) if POINTER.match(content)}
    return tuple(path for path, sha in blobs.items() if sha in pointers)
