"""Submodules: which commit each stands at, whether its remote has it, and what is changed in it.

git itself is not asked about their content from outside: it would run what their configuration
names. Each is opened like any other repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from multigit.adapters.git_config import GitConfig, read_config
from multigit.adapters.git_process import GitDoor
from multigit.adapters.git_reading import read_work_tree
from multigit.core.snapshot import Submodule, WorkTree
from multigit.errors import GitError

MODULES = ".gitmodules"


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
        if (path in own and not deep) or not (door.folder / path / ".git").exists():
            continue
        recorded = before.get(path, staged)
        inside = open_inside(door, door.folder / path)
        try:
            config = read_config(inside)
            seen = look_into(inside, config)
        except GitError:  # its repository is gone or somebody else's: it can hold nothing of ours
            continue
        changed = 0 if path in own else seen.changed
        remote = own.get(path) or _remote(config)
        each = Submodule(path, recorded, seen.head, seen.branch, remote, changed_files=changed)
        yield _where_it_stands(inside, each) if deep and seen.head else each


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
    found = []
    for info, _, path in rows:
        sha, folder = info.split(" ")[2], door.folder / path
        if (folder / ".git").exists():
            inside = open_inside(door, folder)
            try:
                remote = own.get(path) or _remote(read_config(inside))
            except GitError:  # as above
                continue
            there = _is_on_remote(inside, sha, remote)
            found.append(Submodule(path, sha, "", behind=True, on_remote=there))
    return tuple(found)


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
        lost = door.run("rev-list", "--max-count=1", each.recorded, f"^{each.now}", accept=(0, 128))
        each = replace(each, behind=bool(lost.status or lost.text.strip()))
    return replace(each, on_remote=_is_on_remote(door, each.goes_out, each.remote))


def _is_on_remote(door: GitDoor, sha: str, remote: str) -> bool:
    """Tell whether the remote is known to have a commit; one that is not here came from there."""
    there = f"--remotes={remote}" if remote else "--remotes"
    asked = ("rev-list", "--max-count=1", sha, "--not", there)
    return not door.run(*asked, accept=(0, 128)).text.strip()
