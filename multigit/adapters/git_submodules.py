"""Submodules: which commit each stands at, whether its remote has it, and what is changed in it.

git itself is not asked about their content from outside: it would run what their configuration
names. Each is opened like any other repository.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path

from multigit.adapters.git_config import read_config
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
    door: GitDoor, work: WorkTree, links: dict[str, str], *, own: Container[str], deep: bool
) -> WorkTree:
    """Return the work tree with its submodules; `links` are those that are registered.

    What is changed in those of the workspace (`own`) is told where they are told. With `deep` it
    is about to be committed: then it counts where they stand, too.
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
    own: Container[str],
    deep: bool,
) -> Iterator[Submodule]:
    for path, staged in links.items():
        if (path in own and not deep) or not (door.folder / path / ".git").exists():
            continue
        recorded = before.get(path, staged)
        inside = open_inside(door, door.folder / path)
        try:
            seen = look_into(inside)
        except GitError:  # its repository is gone or somebody else's: it can hold nothing of ours
            continue
        changed = 0 if path in own else seen.changed
        each = Submodule(path, recorded, seen.head, seen.branch, changed_files=changed)
        yield _where_it_stands(inside, each) if deep and seen.head else each


def open_inside(door: GitDoor, folder: Path) -> GitDoor:
    """Return the door to a repository inside of another one."""
    return GitDoor(folder.resolve(), timeout=door.timeout, transcript=door.transcript)


def look_into(door: GitDoor) -> WorkTree:
    """Read a submodule's own work tree; nothing in it runs."""
    environment = read_config(door).inert()
    return read_work_tree(
        door, environment=environment, every_file=False, sizes=False, leave_out=()
    )


def _where_it_stands(door: GitDoor, each: Submodule) -> Submodule:
    """Add whether a remote has the commit, and whether it lacks what is recorded."""
    unknown = door.run("rev-list", "--max-count=1", each.now, "--not", "--remotes").text.strip()
    behind = False
    if each.recorded and each.recorded != each.now:
        lost = door.run("rev-list", "--max-count=1", each.recorded, f"^{each.now}", accept=(0, 128))
        behind = bool(lost.status or lost.text.strip())
    return replace(each, on_remote=not unknown, behind=behind)
