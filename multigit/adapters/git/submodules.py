"""Submodules: which commit each stands at, whether its remote has it, and what is changed in it.

git itself is not asked about their content from outside: it would run what their configuration
names. Each is opened like any other repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.status import read_work_tree
from multigit.core.values.problem import Problem
from multigit.core.values.work_tree import Submodule, WorkTree
from multigit.errors import GitError

MODULES = ".gitmodules"
GONE = {"missing", "not_a_repository"}
UNKNOWN = 128  # what git ends with for a commit that is not here


def registered(door: GitDoor) -> dict[str, str]:
    """Return the commit that the index records for each submodule that `.gitmodules` names.

    No process where there is no such file.
    """
    modules = door.folder / MODULES
    if modules.is_symlink() or not modules.is_file():
        return {}
    listing = ("config", "--file", str(modules), "-z", "--get-regexp", r"^submodule\..*\.path$")
    entries = door.run(*listing, accept=(0, 1)).fields()
    paths = [entry.partition("\n")[2] for entry in entries]
    if not paths:
        return {}
    staged = door.run("ls-files", "--stage", "-z", "--", *(f":(top,literal){p}" for p in paths))
    rows = (field.partition("\t") for field in staged.fields())
    return {path: info.split(" ")[1] for info, _, path in rows if info.startswith("160000 ")}


def with_submodules(
    door: GitDoor, work: WorkTree, links: dict[str, str], *, own: Mapping[str, str], deep: bool
) -> WorkTree:
    """Return the work tree with its submodules; `links` are those that are registered.

    What is changed in those of the workspace is told where they are told; `own` are their remotes.
    With `deep` it is about to be committed: then it counts where they stand, too.
    """
    before = {change.path: change.before for change in work.changes}
    found = tuple(_read(door, links, before, own=own, deep=deep))
    now = {each.path: each.now for each in found}
    changes = tuple(
        replace(each, commit=now[each.path])
        if each.path in now and each.kind != "deleted"
        else each
        for each in work.changes
    )
    return replace(work, submodules=found, changes=changes)


def _read(
    door: GitDoor,
    links: dict[str, str],
    before: dict[str, str],
    *,
    own: Mapping[str, str],
    deep: bool,
) -> Iterator[Submodule]:
    for path, staged in links.items():
        if (path in own and not deep) or not _is_cloned(door.folder / path):
            continue
        recorded = before.get(path, staged)
        try:
            yield _read_one(door, path, recorded, own=own, deep=deep)
        except GitError as error:
            yield _unreadable(path, recorded, error)


def _read_one(
    door: GitDoor, path: str, recorded: str, *, own: Mapping[str, str], deep: bool
) -> Submodule:
    inside = open_inside(door, door.folder / path)
    config = read_config(inside)
    remote = own.get(path) or _remote(config)
    inside.remote = remote or inside.remote
    seen = look_into(inside, config)
    changed = 0 if path in own else seen.changed
    each = Submodule(path, recorded, seen.head, seen.branch, remote, changed_files=changed)
    return _where_it_stands(inside, each) if deep and seen.head else each


def _is_cloned(folder: Path) -> bool:
    """Tell whether a repository is there, or what does not let itself be looked at."""
    try:
        return (folder / ".git").exists()
    except OSError:
        return True


def _unreadable(path: str, recorded: str, error: GitError) -> Submodule:
    problem = Problem.of(error)
    if error.code in GONE or "not a git repository" in error.output:
        problem = Problem("not_a_repository", "it is not a git repository.")
    return Submodule(path, recorded, "", error=problem)


def _remote(config: GitConfig) -> str:
    """Return the remote that a submodule was cloned from, or empty where that is not clear."""
    remotes = config.remotes()
    if "origin" in remotes:
        return "origin"
    return next(iter(remotes)) if len(remotes) == 1 else ""


def read_pointers(door: GitDoor, commit: str, own: Mapping[str, str]) -> tuple[Submodule, ...]:
    """Return the submodules of a commit that have a clone here, as that commit records them.

    `own` are the remotes of those of the workspace.
    """
    listed = door.run("ls-tree", "-r", "-z", "--full-tree", commit).fields()
    rows = (row.partition("\t") for row in listed if row.startswith("160000 "))
    there = ((path, info.split(" ")[2]) for info, _, path in rows)
    return tuple(
        _read_pointer(door, path, sha, own) for path, sha in there if _is_cloned(door.folder / path)
    )


def _read_pointer(door: GitDoor, path: str, sha: str, own: Mapping[str, str]) -> Submodule:
    inside = open_inside(door, door.folder / path)
    try:
        remote = own.get(path) or _remote(read_config(inside))
        inside.remote = remote or inside.remote
        there = _is_on_remote(inside, sha, remote)
    except GitError as error:
        return _unreadable(path, sha, error)
    return Submodule(path, sha, "", behind=True, on_remote=there)


def open_inside(door: GitDoor, folder: Path) -> GitDoor:
    """Return the door to a repository inside of another one."""
    return GitDoor(folder.resolve(), timeout=door.timeout, transcript=door.transcript)


def look_into(door: GitDoor, config: GitConfig) -> WorkTree:
    """Read a submodule's own work tree; nothing in it runs."""
    return read_work_tree(
        door, environment=config.inert(), every_file=False, sizes=False, leave_out=()
    )


def _where_it_stands(door: GitDoor, each: Submodule) -> Submodule:
    """Add whether it lacks what is recorded, and whether the remote has what goes out."""
    if each.recorded and each.recorded != each.now:
        lost = _has_more(door, each.recorded, f"^{each.now}")
        each = replace(each, behind=lost is not False)
    return replace(each, on_remote=_is_on_remote(door, each.goes_out, each.remote))


def _is_on_remote(door: GitDoor, sha: str, remote: str) -> bool:
    """Tell whether the remote is known to have a commit; one that is not here came from there."""
    there = f"--remotes={remote}" if remote else "--remotes"
    return not _has_more(door, sha, "--not", there)


def _has_more(door: GitDoor, sha: str, *others: str) -> bool | None:
    """Tell whether a commit has any that the others lack; None where it is not here."""
    asked = ("rev-list", "--max-count=1", sha, *others)
    done = door.run(*asked, accept=(0, UNKNOWN))
    if done.status and f"bad object {sha}" in done.stderr:
        return None
    return bool((door.run(*asked) if done.status else done).text.strip())  # once more, to say why
