"""The `.multigit` folder: private to the user, never committed, one folder per operation."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from multigit.adapters.files.deployment_log import DeploymentLog
from multigit.adapters.files.durable import FULL, out_of_the_way
from multigit.adapters.files.holds import HoldFiles
from multigit.adapters.files.journal import Journal, remove_unstarted
from multigit.adapters.files.lock import require_usable
from multigit.adapters.files.open_operations import CLOSED, open_operations
from multigit.core.progress.journal import Operation
from multigit.core.records.history import OperationHistory
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Workspace
from multigit.errors import RefusedError, UsageError
from multigit.hints import Hint
from multigit.phrase import phrase

ASIDE = re.compile(r"[.]jsonl[.]old([.][0-9]+)?")  # as durable.out_of_the_way names it
ENOUGH = 65_536  # bytes, for a journal and a record


class WorkspaceFiles:
    """The files of multigit's own in a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.root
        self.alone = False  # True while this command holds the workspace lock
        self.folder = workspace.root / ".multigit"
        self.operations = self.folder / "operations"  # a journal for each unfinished one
        self.log = DeploymentLog(workspace.root / workspace.log, self.folder / "log.lock")
        self.history = OperationHistory(self.log)
        self.holds = HoldFiles(self.folder / "holds")

    def require_writable(self) -> None:
        """Make the folder; raises RefusedError if it or the log cannot be written."""
        try:
            self._require_folders()
            for folder in (self.folder, self.operations):
                folder.mkdir(mode=0o700, exist_ok=True)
            ignore = self.folder / ".gitignore"
            if not os.path.lexists(ignore):
                ignore.write_text("*\n")
        except OSError as error:
            raise RefusedError(
                f"The workspace {self._root} cannot be written: {error.strerror or error}.",
                hint=_advice(error),
                code="workspace_not_writable",
            ) from error
        self.log.require_writable()

    def write_problems(self) -> tuple[Problem, ...]:
        """Return what would keep an operation from being recorded here, and change nothing.

        Each folder, as far as it exists, must take a new file and have space for it; the log must
        take a line.
        """
        folders = (self._root, self.folder, self.operations, self.log.file.parent)
        problems = [_write_problem(folder) for folder in dict.fromkeys(map(_nearest, folders))]
        lockable = partial(require_usable, self.folder)
        for require in (self._require_folders, lockable, self.log.require_usable):
            try:
                require()
            except RefusedError as error:
                problems.append(Problem.of(error))
        return tuple(filter(None, problems))

    def _require_folders(self) -> None:
        for folder in (self.folder, self.operations):
            if os.path.lexists(folder) and not folder.is_dir():
                raise RefusedError(
                    f"{folder.relative_to(self._root)} is not a folder.",
                    hint=phrase("Run: `{move}`", move=out_of_the_way(folder)),
                    code="workspace_not_writable",
                )

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of unfinished operations, oldest first.

        An operation in the log is over, even if a crash kept its journal from being closed.
        """
        left = open_operations(self.operations)
        return tuple(name for name in left if not self._is_recorded(name))

    def recorded(self) -> tuple[str, ...]:
        """Return the ids of the operations that are in the log, but not yet closed."""
        return tuple(filter(self._is_recorded, open_operations(self.operations)))

    def _is_recorded(self, operation: str) -> bool:
        with suppress(RefusedError):  # without a readable log, none is over
            return self.log.holds(operation)
        return False

    def ran(self) -> frozenset[str]:
        """Return the ids of the operations that ran in this workspace and left files here."""
        return frozenset(operation for operation, _ in self._operations())

    def unrecorded(self) -> frozenset[str]:
        """Return the ids of the operations that may be missing in the log.

        They are unfinished; or their journal could not be read and was moved aside as the hint
        says, so that they could not be recorded.
        """
        aside = (operation for operation, rest in self._operations() if ASIDE.fullmatch(rest))
        return frozenset(aside).union(self.unfinished())

    def _operations(self) -> Iterator[tuple[str, str]]:
        """Yield, for each name in the folder of operations, the id and the rest of the name."""
        with suppress(OSError):
            for file in self.operations.iterdir():
                operation, *rest = file.name.partition(".jsonl")
                yield operation, "".join(rest)

    def remove_unstarted(self) -> None:
        """Remove journals of operations that never started; only with the workspace lock held."""
        remove_unstarted(self.operations)

    def remove_leftovers(self) -> tuple[str, ...]:
        """Remove the folders that killed runs left behind; only with the workspace lock held.

        Returns the operations that are not closed: their deployments may have left exports.
        """
        from multigit.adapters.files.scratch import CLONES, remove_leftovers

        remove_leftovers(self.folder / CLONES)
        self.holds.remove_leftovers()
        return open_operations(self.operations)

    def knows(self, operation: str) -> bool:
        """Return whether there is a journal of an operation with this id."""
        try:
            self.read_journal(operation)
        except UsageError:
            return False
        return True

    def begin_journal(self, operation: str) -> Journal:
        """Return the journal of a new operation; nothing is on disk yet."""
        return Journal(self._open_journal(operation))

    def read_journal(self, operation: str) -> tuple[Journal, Operation]:
        """Return an operation's journal, open or closed; raises UsageError if there is none.

        A journal that ends before its plan is complete does not count. An id may come from the log,
        which anyone may have written: one with a path in it is not an id.
        """
        is_id = Path(operation).name == operation
        for file in (self._open_journal(operation), self.operation(operation) / CLOSED):
            if is_id and os.path.lexists(file):
                journal = Journal(file)
                if noted := journal.read():
                    return journal, noted
        raise UsageError(
            f"There is no journal of an operation {operation!r} here.",
            hint=Hint.LOG_IDS,
            code="unknown_operation",
        )

    def _open_journal(self, operation: str) -> Path:
        return self.operations / f"{operation}.jsonl"

    def operation(self, operation: str) -> Path:
        """Return the folder of one operation, with a transcript for each repository."""
        return self.operations / operation


def _nearest(folder: Path) -> Path:
    return folder if folder.exists() or folder == folder.parent else _nearest(folder.parent)


def _write_problem(folder: Path) -> Problem | None:
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(ENOUGH))
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return Problem(
            "workspace_not_writable",
            f"{folder} cannot be written: {error.strerror or error}.",
            _advice(error),
        )
    return None


def _advice(error: OSError) -> str:
    if error.errno in FULL:
        return "Free some space there, then run the command again."
    return "Run multigit as a user who may write there."


def write_new(file: Path, text: str) -> None:
    """Write a file that must not exist yet, and the folders that it needs.

    Raises RefusedError if that fails.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise RefusedError(
            f"{file} cannot be written: {error.strerror or error}.",
            hint="Choose a folder that you can write to.",
            code="not_writable",
        ) from error
