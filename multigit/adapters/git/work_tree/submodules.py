"""Submodules: which commit is checked out, whether the remote has it, and what has changed.

Each is opened like any other repository: from outside, git would run the programs that their
configurations name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from multigit.adapters.git.changes import UNKNOWN
from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.paths import SUBMODULE, literal
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.work_tree.status import read_work_tree
from multigit.core.values.problem import Problem
from multigit.core.values.work_tree import Submodule, WorkTree
from multigit.errors import GitError

MODULES = ".gitmodules"
GONE = {"missing", "not_a_repository"}


def registered(door: GitDoor) -> dict[str, str]:
    """Return the commit that the index records for each submodule that `.gitmodules` names.

    Starts no process if there is no such file.
    """
    modules = door.folder / MODULES
    if modules.is_symlink() or not modules.is_file():
        return {}
    listing = ("config", "--file", str(modules), "-z", "--get-regexp", r"^submodule\..*\.path$")
    entries = door.run(*listing, accept=(0, 1)).fields()
    paths = [entry.partition("\n")[2] for entry in entries]
    if not paths:
        return {}
    staged = door.run("ls-files", "--stage", "-z", "--", *literal(paths)).fields()
    return dict(_links(staged, 1))


def _links(rows: Iterable[str], column: int) -> Iterator[tuple[str, str]]:
    """Yield the path and the commit, which is in this column, of each submodule of a listing."""
    for row in rows:
        info, _, path = row.partition("\t")
        if info.startswith(SUBMODULE):
            yield path, info.split(" ")[column]


def with_submodules(
    door: GitDoor, work: WorkTree, links: dict[str, str], *, own: Mapping[str, str], deep: bool
) -> WorkTree:
    """Return the work tree with its submodules; `links` are those that are registered.

    `own` are the remotes of the workspace's repositories among them, whose changes are reported
    with these. With `deep` the work tree is about to be committed: then their commits count, too.
    """
    before = {change.path: change.before for change in work.changes}
    submodules = tuple(
        _read(door, path, before.get(path, staged), own=own, deep=deep)
        for path, staged in links.items()
        if (deep or path not in own) and _is_cloned(door.folder / path)
    )
    now = {submodule.path: submodule.now for submodule in submodules}
    changes = tuple(
        replace(change, commit=now[change.path])
        if change.path in now and change.kind != "deleted"
        else change
        for change in work.changes
    )
    return replace(work, submodules=submodules, changes=changes)


def _read(
    door: GitDoor, path: str, recorded: str, *, own: Mapping[str, str], deep: bool
) -> Submodule:
    try:
        inside, config, remote = _open(door, path, own)
        work = read_work_tree(inside, environment=config.inert())
        changed = 0 if path in own else work.changed
        found = Submodule(path, recorded, work.head, work.branch, remote, changed_files=changed)
        return _compared(inside, found) if deep and work.head else found
    except GitError as error:
        return _unreadable(path, recorded, error)


def _is_cloned(folder: Path) -> bool:
    """Return whether a folder holds a repository, or cannot be read."""
    try:
        return (folder / ".git").exists()
    except OSError:
        return True


def _unreadable(path: str, recorded: str, error: GitError) -> Submodule:
    problem = Problem.of(error)
    if error.code in GONE or "not a git repository" in error.output:
        problem = Problem("not_a_repository", "it is not a git repository.")
    return Submodule(path, recorded, "", error=problem)


def read_pointers(door: GitDoor, commit: str, own: Mapping[str, str]) -> tuple[Submodule, ...]:
    """Return the submodules of a commit that are cloned, as that commit records them.

    `own` are the remotes of those that are repositories of the workspace.
    """
    listed = door.run("ls-tree", "-r", "-z", "--full-tree", commit).fields()
    return tuple(
        _read_pointer(door, path, sha, own)
        for path, sha in _links(listed, 2)
        if _is_cloned(door.folder / path)
    )


def _read_pointer(door: GitDoor, path: str, sha: str, own: Mapping[str, str]) -> Submodule:
    try:
        inside, _, remote = _open(door, path, own)
        on_remote = _is_on_remote(inside, sha, remote)
    except GitError as error:
        return _unreadable(path, sha, error)
    return Submodule(path, sha, "", behind=True, on_remote=on_remote)


def _open(door: GitDoor, path: str, own: Mapping[str, str]) -> tuple[GitDoor, GitConfig, str]:
    """Return the door to a submodule, its configuration, and the remote that it came from."""
    folder = (door.folder / path).resolve()
    inside = GitDoor(folder, timeout=door.timeout, transcript=door.transcript)
    config = read_config(inside)
    remote = own.get(path) or config.remote()
    inside.remote = remote or inside.remote
    return inside, config, remote


def _compared(door: GitDoor, submodule: Submodule) -> Submodule:
    """Add whether it lacks the recorded commit, and whether the remote has what goes out."""
    recorded, now = submodule.recorded, submodule.now
    if recorded and recorded != now:
        lost = _has_more(door, recorded, f"^{now}")
        submodule = replace(submodule, behind=lost is not False)
    on_remote = _is_on_remote(door, submodule.goes_out, submodule.remote)
    return replace(submodule, on_remote=on_remote)


def _is_on_remote(door: GitDoor, sha: str, remote: str) -> bool:
    """Return whether the remote has a commit; one that the clone lacks came from there."""
    branches = f"--remotes={remote}" if remote else "--remotes"
    return not _has_more(door, sha, "--not", branches)


def _has_more(door: GitDoor, sha: str, *others: str) -> bool | None:
    """Return whether a commit contains any that the others lack; None if the clone lacks it."""
    command = ("rev-list", "--max-count=1", sha, *others)
    done = door.run(*command, accept=(0, UNKNOWN))
    if done.status and f"bad object {sha}" in done.stderr:
        return None
    return bool((door.run(*command) if done.status else done).text.strip())  # raises the reason
