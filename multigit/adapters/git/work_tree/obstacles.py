"""Files on disk that a checkout would overwrite: untracked or ignored, so in no commit.

git itself refuses to overwrite untracked files, and ignored ones with an option. But it says so
only when other repositories have already changed; a plan has to know in advance.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from os import fsdecode
from pathlib import Path, PurePosixPath

from multigit.adapters.git.changes import changed
from multigit.adapters.git.paths import SUBMODULE
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.work_tree.disk import Blob, hash_files, is_link_of, stat_of
from multigit.core.lineage.line import ABSENT
from multigit.core.values.work_tree import Obstacle

LINK = "120000"
# git ls-files -v: a small letter is assumed unchanged, an s or S is skipped in the work tree.
_MARKED = re.compile(rb"(?:\A|\0)([a-zS]) ([^\0]*)")


def read_obstacles(
    door: GitDoor, before: str, after: str, *, environment: Mapping[str, str]
) -> tuple[Obstacle, ...]:
    """Return what a checkout would overwrite on the way from one commit to another."""
    differing = changed(door, before, after)
    new = {path: now for path, (was, now) in differing.items() if was == ABSENT}
    deleted = {path for path, (_, now) in differing.items() if now == ABSENT}
    in_the_way = [
        Obstacle(path)
        for place, content in new.items()
        for path in _on_disk(door.folder, place, deleted, submodule=_is_submodule(content))
    ]
    tracked = {
        path: Blob(*was.split(" "))
        for path, (was, _) in differing.items()
        if was != ABSENT and not _is_submodule(was)
    }
    hidden = _hidden(door, tracked, environment) if tracked else ()
    return tuple(dict.fromkeys((*in_the_way, *hidden)))


def _is_submodule(content: str) -> bool:
    return content.startswith(SUBMODULE)


def _on_disk(folder: Path, new: str, deleted: set[str], *, submodule: bool) -> Iterator[str]:
    """Yield what is in the place of a new file, or of a folder above it."""
    parents = [str(parent) for parent in PurePosixPath(new).parents][-2::-1]
    for above in parents:
        existing = stat_of(folder / above)
        if existing is None:
            return
        if not stat.S_ISDIR(existing.st_mode):
            if above not in deleted:
                yield above
            return
    existing = stat_of(folder / new)
    if existing is None:
        return
    if not stat.S_ISDIR(existing.st_mode):
        if not _is_one_of(folder, new, existing, deleted):
            yield new
    elif not submodule:
        yield from (path for path in _files_below(folder, new) if path not in deleted)


def _is_one_of(folder: Path, path: str, existing: os.stat_result, deleted: set[str]) -> bool:
    """Return whether it is a tracked file that is deleted, whose name differs only in case."""
    same = (name for name in deleted if name != path and name.casefold() == path.casefold())
    stats = (stat_of(folder / name) for name in same)
    return any(each is not None and os.path.samestat(each, existing) for each in stats)


def _files_below(folder: Path, path: str) -> Iterator[str]:
    for top, folders, files in os.walk(folder / path):
        links = [name for name in folders if Path(top, name).is_symlink()]
        for name in sorted((*files, *links)):
            yield Path(top, name).relative_to(folder).as_posix()


def _hidden(
    door: GitDoor, tracked: Mapping[str, Blob], environment: Mapping[str, str]
) -> Iterator[Obstacle]:
    """Yield changed files whose changes git was told to ignore."""
    listing = door.run("ls-files", "-v", "-z").stdout
    marks = {fsdecode(path): letter for letter, path in _MARKED.findall(listing)}
    marked = {p: old for p, old in tracked.items() if p in marks and stat_of(door.folder / p)}
    for path in _changed(door, marked, environment):
        mark = "assume-unchanged" if marks[path] not in {b"S", b"s"} else "skip-worktree"
        yield Obstacle(path, mark)


def _changed(
    door: GitDoor, blobs: Mapping[str, Blob], environment: Mapping[str, str]
) -> Sequence[str]:
    """Return which of these files have another content than in the commit before."""
    links = {path for path, old in blobs.items() if old.mode == LINK}
    plain = [path for path in blobs if path not in links and _is_plain(door.folder / path)]
    hashes = hash_files(door, plain, environment=environment)
    same = {path for path in links if is_link_of(door.folder / path, blobs[path].sha)}
    same |= {path for path, sha in zip(plain, hashes, strict=True) if sha == blobs[path].sha}
    return [path for path in blobs if path not in same]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
