"""The state of a work tree: git's status, parsed into a snapshot's values."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.work_tree.disk import Blob, hash_files, stat_of
from multigit.core.values.work_tree import Change, WorkTree

_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
_KINDS = {"A": "added", "D": "deleted"}


def read_work_tree(
    door: GitDoor,
    *,
    environment: Mapping[str, str],
    every_file: bool = False,
    sizes: bool = False,
    leave_out: Iterable[str] = (),
) -> WorkTree:
    """Read the checked-out branch and its changed files in one process.

    `leave_out` are paths with other content: other repositories and multigit's own files. Without
    `every_file`, a new folder counts as one change.
    """
    done = door.run(
        # Not inside of submodules: git would run the programs of their configurations.
        *("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--ahead-behind"),
        "--ignore-submodules=dirty",
        f"--untracked-files={'all' if every_file else 'normal'}",
        environment=environment,
    )
    headers: dict[str, str] = {}
    changes: dict[str, Change] = {}
    conflicted: list[str] = []
    heads: dict[str, Blob] = {}
    others = tuple(leave_out)
    for field in done.fields():
        mark, _, rest = field.partition(" ")
        if mark == "#":
            key, _, value = rest.partition(" ")
            headers[key] = value
        elif mark == "u":
            conflicted.append(rest.split(" ", 9)[9])
        elif (change := _change(mark, rest, whole_folders=not every_file)) and not any(
            change.path.rstrip("/") == o or change.path.startswith(f"{o}/") for o in others
        ):
            if change.path in changes:  # deleted in the index, not on disk
                change = replace(change, kind="modified", staged=True)
            elif mark == "1" and ("." not in rest[:2] or rest[0] == "D"):
                heads[change.path] = Blob(*rest.split(" ", 6)[2:6:3])
            changes[change.path] = _with_size(door.folder, change) if sizes else change
    if sizes:
        for path in _same_as_head(door, changes, heads):
            del changes[path]
    counts = [abs(int(count)) for count in headers.get("branch.ab", "").split()]
    ahead, behind = counts or (None, None)
    branch, head = headers.get("branch.head", ""), headers.get("branch.oid", "")
    return WorkTree(
        branch="" if branch == "(detached)" else branch,
        head="" if head == "(initial)" else head,
        ahead=ahead,
        behind=behind,
        changes=tuple(changes.values()),
        unfinished=_unfinished(door.folder),
        conflicted=tuple(conflicted),
    )


def _change(mark: str, rest: str, *, whole_folders: bool) -> Change | None:
    """Return a change that a commit would have, or None.

    A folder that ends in a slash is a repository of its own. A submodule is changed only if it has
    another commit. A file that was added and then deleted is not a change.
    """
    if mark == "?":
        return None if rest.endswith("/") and not whole_folders else Change(rest, "untracked")
    if mark == "1":
        staged, unstaged, submodule, path = rest[0], rest[1], rest[3:7], rest.split(" ", 7)[7]
        if submodule[0] == "S" and submodule[1] != "C" and staged == ".":
            return None
        if (staged, unstaged) == ("A", "D"):
            return None
        kind = _KINDS.get(unstaged) or _KINDS.get(staged) or "modified"
        before = rest.split(" ", 6)[5] if submodule[0] == "S" else ""
        before = before if before.strip("0") else ""  # zeros mean none
        return Change(path, kind, staged=staged != ".", before=before)
    return None


def _same_as_head(
    door: GitDoor, changes: Mapping[str, Change], heads: Mapping[str, Blob]
) -> list[str]:
    """Return which of these paths are on disk as in HEAD, though not in the index."""
    paths = [
        path
        for path, head in heads.items()
        if changes[path].kind == "modified" and _file_mode(door.folder / path) == head.mode
    ]
    hashed = zip(paths, hash_files(door, paths, "--no-filters"), strict=True)
    return [path for path, sha in hashed if sha == heads[path].sha]


def _file_mode(path: Path) -> str:
    """Return git's mode of a plain file, or empty if there is none: a link is not one."""
    about = stat_of(path)
    if not about or not stat.S_ISREG(about.st_mode):
        return ""
    return "100755" if about.st_mode & stat.S_IXUSR else "100644"


def _with_size(folder: Path, change: Change) -> Change:
    about = stat_of(folder / change.path)
    return replace(change, size=about.st_size if about else 0)


def git_dir(folder: Path) -> Path:
    """Return the work tree's own git directory: `.git`, or where a `.git` file points."""
    dot_git = folder / ".git"
    if dot_git.is_file():
        return (folder / dot_git.read_text().removeprefix("gitdir:").strip()).resolve()
    return dot_git


def _unfinished(folder: Path) -> str:
    where = git_dir(folder)
    return next((word for name, word in _UNFINISHED.items() if (where / name).exists()), "")
