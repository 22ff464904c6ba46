"""Files on disk that a checkout would overwrite: untracked or ignored, so in no commit.

git itself refuses to overwrite untracked files, and ignored ones with an option. But it says so
only when other repositories have already changed; a plan has to know in advance.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import fsdecode
from pathlib import Path, PurePosixPath

from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.work_tree.hashing import hash_files, is_link_of
from multigit.core.values.work_tree import Obstacle

SUBMODULE = "160000"
LINK = "120000"
# git ls-files -v: a small letter is assumed unchanged, an s or S is skipped in the work tree.
_MARKED = re.compile(rb"(?:\A|\0)([a-zS]) ([^\0]*)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a path differs: `status` is git's letter, `was` and `old` the former mode and blob."""

    path: str
    status: str
    mode: str
    was: str
    old: str


def read_obstacles(
    door: GitDoor, before: str, after: str, *, environment: Mapping[str, str]
) -> tuple[Obstacle, ...]:
    """Return what a checkout would overwrite on the way from one commit to another."""
    entries = _difference(door, before, after)
    deleted = {entry.path for entry in entries if entry.status == "D"}
    new = [entry for entry in entries if entry.status == "A"]
    in_the_way = [Obstacle(path) for entry in new for path in _on_disk(door.folder, entry, deleted)]
    tracked = {e.path: e for e in entries if e.status != "A" and e.was != SUBMODULE}
    hidden = _hidden(door, tracked, environment) if tracked else ()
    return tuple(dict.fromkeys((*in_the_way, *hidden)))


def _difference(door: GitDoor, before: str, after: str) -> list[_Entry]:
    fields = door.run(
        *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-commit-id"),
        *("--ignore-submodules=none", "--end-of-options", before, after),
    ).fields()
    entries = []
    for info, path in zip(fields[::2], fields[1::2], strict=True):
        was, mode, old, _, status = info.split(" ")
        entries.append(_Entry(path, status[0], mode, was.removeprefix(":"), old))
    return entries


def _on_disk(folder: Path, new: _Entry, deleted: set[str]) -> Iterator[str]:
    """Yield what is in the place of a new file, or of a folder above it."""
    parents = [str(parent) for parent in PurePosixPath(new.path).parents][-2::-1]
    for above in parents:
        existing = _stat(folder / above)
        if existing is None:
            return
        if not stat.S_ISDIR(existing.st_mode):
            if above not in deleted:
                yield above
            return
    existing = _stat(folder / new.path)
    if existing is None:
        return
    if not stat.S_ISDIR(existing.st_mode):
        if not _is_one_of(folder, new.path, existing, deleted):
            yield new.path
    elif new.mode != SUBMODULE:
        yield from (path for path in _files_below(folder, new.path) if path not in deleted)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _is_one_of(folder: Path, path: str, existing: os.stat_result, deleted: set[str]) -> bool:
    """Return whether it is a tracked file that is deleted, whose name differs only in case."""
    same = (name for name in deleted if name != path and name.casefold() == path.casefold())
    stats = (_stat(folder / name) for name in same)
    return any(each is not None and os.path.samestat(each, existing) for each in stats)


def _files_below(folder: Path, path: str) -> Iterator[str]:
    for top, folders, files in os.walk(folder / path):
        links = [name for name in folders if Path(top, name).is_symlink()]
        for name in sorted((*files, *links)):
            yield Path(top, name).relative_to(folder).as_posix()


def _hidden(
    door: GitDoor, tracked: Mapping[str, _Entry], environment: Mapping[str, str]
) -> Iterator[Obstacle]:
    """Yield changed files of which git was told to ignore changes."""
    listing = door.run("ls-files", "-v", "-z").stdout
    marks = {fsdecode(path): letter for letter, path in _MARKED.findall(listing)}
    marked = [tracked[path] for path in tracked if path in marks and _stat(door.folder / path)]
    for path in _changed(door, marked, environment):
        mark = "assume-unchanged" if marks[path] not in {b"S", b"s"} else "skip-worktree"
        yield Obstacle(path, mark)


def _changed(
    door: GitDoor, entries: Sequence[_Entry], environment: Mapping[str, str]
) -> Sequence[str]:
    """Return which of these files have another content than in the commit before."""
    same = {e.path for e in entries if e.was == LINK and is_link_of(door.folder / e.path, e.old)}
    plain = [e for e in entries if e.was != LINK and _is_plain(door.folder / e.path)]
    hashes = hash_files(door, [e.path for e in plain], environment=environment)
    same |= {e.path for e, sha in zip(plain, hashes, strict=True) if sha == e.old}
    return [e.path for e in entries if e.path not in same]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
