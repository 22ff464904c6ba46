"""The holds of a workspace that shares none: one file for each held stage, written at once.

A file is replaced as a whole, and is on disk before anything that relies on it begins. One that was
cut off, or that something else wrote, is read as it is: who reads it sees that it is not a hold.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

from multigit.adapters.files.durable import (
    append,
    make_folder,
    move,
    open_private,
    read_private,
    sync_folder,
)
from multigit.core.progress.locks import hold_left
from multigit.core.progress.shared import local_holds
from multigit.core.progress.stage_refs import hold_bytes
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem
from multigit.errors import RefusedError

_END = ".json"
_NEW = ".new"  # of a file that is being written


class HoldFiles:
    """The files in a folder, which is made when the first hold is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Mapping[str, tuple[str, bytes]]:
        """Return, by stage, an id of the content and the content; empty if it cannot be read."""
        found = {}
        for file in sorted(self._folder.glob(f"*{_END}")) if self._folder.is_dir() else ():
            content = b""
            with suppress(OSError):
                content = read_private(file)
            found[file.name.removesuffix(_END)] = (hashlib.sha256(content).hexdigest(), content)
        return found

    def holds(self) -> Mapping[str, Hold]:
        """Return the holds that can be read, by stage."""
        return local_holds(self.read()).holds()

    def write(self, hold: Hold) -> None:
        """Hold a stage; it is on disk when this returns. Raises RefusedError if that fails."""
        file = self._file(hold.stage)
        new = file.with_suffix(_NEW)
        try:
            make_folder(self._folder)
            sync_folder(self._folder.parent)
            descriptor = open_private(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            append(descriptor, hold_bytes(hold.document()))
            move(new, file)
        except OSError as error:
            raise _not_writable(file, error) from error

    def remove_leftovers(self) -> None:
        """Remove what a killed run was writing; only with the workspace lock held."""
        with suppress(OSError):
            for file in self._folder.glob(f"*{_NEW}"):
                file.unlink(missing_ok=True)

    def remove(self, stage: str) -> None:
        """Release a hold for good; raises RefusedError if that fails."""
        file = self._file(stage)
        try:
            file.unlink(missing_ok=True)
            if self._folder.is_dir():
                sync_folder(self._folder)
        except OSError as error:
            raise _not_writable(file, error) from error

    def _file(self, stage: str) -> Path:
        return self._folder / f"{stage}{_END}"


class HeldHere:
    """The holds of one operation while it has the workspace lock."""

    def __init__(self, files: HoldFiles) -> None:
        self._files = files
        self._changed: dict[str, Hold | None] = {}
        self._kept = False

    def keep(self) -> None:
        """Leave the holds as they are for a later command of the operation."""
        self._kept = True

    def pass_on(self, stages: Collection[str]) -> None:
        """Leave the holds of these stages to the operation that follows."""
        self._changed = {s: rest for s, rest in self._changed.items() if s not in stages}

    def hold(self, stage: str, hold: Hold) -> None:
        """Hold a stage from now on; raises RefusedError if its file cannot be written."""
        self._files.write(hold)
        self._changed.pop(stage, None)

    def release_hold(self, stage: str, rest: Hold | None = None) -> None:
        """Keep only the `rest` of the hold, or none, when the operation ends."""
        self._changed[stage] = rest

    def end(self, report: Callable[[Problem], None]) -> None:
        """Change the holds that are to be changed, and report those that stay."""
        if not self._kept:
            change_holds(self._files, self._changed, report)


def change_holds(
    files: HoldFiles, changed: Mapping[str, Hold | None], report: Callable[[Problem], None]
) -> None:
    """Replace holds by smaller ones, or remove them; report those that stay as they were."""
    for stage, rest in changed.items():
        try:
            if rest:
                files.write(rest)
            else:
                files.remove(stage)
        except RefusedError:
            report(hold_left(stage, f"To release it, delete .multigit/holds/{stage}{_END}."))


def _not_writable(file: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"The hold {file.name} cannot be written: {error.strerror or error}.",
        hint="Free some space, or make its folder writable, then run the command again.",
        code="hold_not_writable",
    )
