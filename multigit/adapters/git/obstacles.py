"""What lies on the disk where another commit has files: untracked or ignored, so in no commit.

git itself refuses to overwrite what is untracked, and with an option what is ignored. Only it says
so when the other repositories are under way already; a plan has to know before.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import fsdecode
from pathlib import Path, PurePosixPath

from multigit.adapters.git.hashing import hash_files, is_link_of
from multigit.adapters.git.process import GitDoor
from multigit.core.values.work_tree import Obstacle

SUBMODULE = "160000"
LINK = "120000"
# git ls-files -v: a small letter is assumed to be unchanged, an s is left out of the work tree.
_MARKED = re.compile(rb"(?:\A|\0)([a-zS]) ([^\0]*)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a path differs: `status` is git's letter, `was` and `old` are mode and blob before."""

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
    gone = {each.path for each in entries if each.status == "D"}
    new = [each for each in entries if each.status == "A"]
    found = [Obstacle(path) for each in new for path in _on_disk(door.folder, each, gone)]
    known = {each.path: each for each in entries if each.status != "A" and each.was != SUBMODULE}
    hidden = _hidden(door, known, environment) if known else ()
    return tuple(dict.fromkeys((*found, *hidden)))


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


def _on_disk(folder: Path, new: _Entry, gone: set[str]) -> Iterator[str]:
    """Yield what stands where a new file will be, or a folder above it."""
    parents = [str(each) for each in PurePosixPath(new.path).parents][-2::-1]
    for above in parents:
        there = _stat(folder / above)
        if there is None:
            return
        if not stat.S_ISDIR(there.st_mode):
            if above not in gone:
                yield above
            return
    there = _stat(folder / new.path)
    if there is None:
        return
    if not stat.S_ISDIR(there.st_mode):
        if not _is_one_of(folder, new.path, there, gone):
            yield new.path
    elif new.mode != SUBMODULE:
        yield from (path for path in _files_below(folder, new.path) if path not in gone)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _is_one_of(folder: Path, path: str, there: os.stat_result, gone: set[str]) -> bool:
    """Tell whether it is a tracked file that goes: where case does not count, by another name."""
    same = (each for each in gone if each != path and each.casefold() == path.casefold())
    stats = (_stat(folder / each) for each in same)
    return any(each is not None and os.path.samestat(each, there) for each in stats)


def _files_below(folder: Path, path: str) -> Iterator[str]:
    for top, folders, files in os.walk(folder / path):
        links = [name for name in folders if Path(top, name).is_symlink()]
        for name in sorted((*files, *links)):
            yield Path(top, name).relative_to(folder).as_posix()


def _hidden(
    door: GitDoor, known: Mapping[str, _Entry], environment: Mapping[str, str]
) -> Iterator[Obstacle]:
    """Yield changed files at which git was told not to look; `known` is what they were."""
    listing = door.run("ls-files", "-v", "-z").stdout
    marks = {fsdecode(path): letter for letter, path in _MARKED.findall(listing)}
    there = [known[path] for path in known if path in marks and _stat(door.folder / path)]
    for path in _changed(door, there, environment):
        mark = "assume-unchanged" if marks[path] not in {b"S", b"s"} else "skip-worktree"
        yield Obstacle(path, mark)


def _changed(
    door: GitDoor, entries: Sequence[_Entry], environment: Mapping[str, str]
) -> Sequence[str]:
    """Return which of these files hold something else than the content that git knows."""
    same = {e.path for e in entries if e.was == LINK and is_link_of(door.folder / e.path, e.old)}
    plain = [e for e in entries if e.was != LINK and _is_plain(door.folder / e.path)]
    hashes = hash_files(door, [e.path for e in plain], environment=environment)
    same |= {e.path for e, sha in zip(plain, hashes, strict=True) if sha == e.old}
    return [e.path for e in entries if e.path not in same]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
