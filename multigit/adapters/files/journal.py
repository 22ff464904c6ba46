"""The journals on disk: one JSON Lines file per operation, open until the log has its record.

`operations/<id>.jsonl` is an unfinished operation; closing it moves the file to
`operations/<id>/journal.jsonl`. So listing a folder shows the unfinished ones.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, astuple
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multigit import __version__
from multigit.adapters.files.durable import (
    append,
    make_folder,
    move,
    open_private,
    out_of_the_way,
    read_private,
    sync_folder,
)
from multigit.adapters.files.lock import in_turn
from multigit.adapters.files.older_journals import upgraded
from multigit.adapters.files.open_operations import CLOSED, has_started
from multigit.adapters.files.unknown_parts import unknown_part
from multigit.core.progress.journal import VERSION, Entry, EntryKind, Operation
from multigit.core.progress.state import OperationState, ends_so_far
from multigit.core.values.count import Count
from multigit.core.values.start_time import StartTime
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.phrase import phrase

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Journal:
    """One operation's journal. The first `write` creates it; each is on disk before it returns."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """True while the operation is unfinished."""
        return self._file.name != CLOSED

    def write(self, entry: Entry) -> None:
        """Append an entry and wait until it is on disk.

        Except for an outcome: it announces no step, and can be read from the remotes. Raises
        RefusedError if the entry cannot be kept: then the step that it announces must not start.
        """
        with self._alone():
            self._append(_line(entry), durable=entry.kind is not EntryKind.SETTLED)

    def note_counts(self, ends: Collection[Count], known: OperationState) -> frozenset[Count]:
        """Note that these ends are counted, except those that already were; return the others.

        Each end is returned once, however many processes ask. If it is not noted what was counted
        before, all that is `known` was. Raises RefusedError if they cannot be noted.
        """
        with self._alone():
            operation = self.read()
            noted = operation.state.counted if operation else None
            new = frozenset(ends) - (ends_so_far(known.repos) if noted is None else noted)
            if new:
                order = sorted(new, key=astuple)
                self._append(_line(Entry(EntryKind.COUNTED, counted=tuple(order))))
        return new

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from writing meanwhile; what fails is a RefusedError.

        An open journal belongs to the holder of the workspace lock. But a closed one may be watched
        by several: each would mistake a line that another one is writing for a torn one.
        """
        turn = nullcontext() if self.is_open else in_turn(self._file.with_suffix(".lock"))
        with self._lock:
            try:
                with turn:
                    yield
            except OSError as error:
                raise _not_writable(self._file, error) from error

    def _append(self, line: bytes, *, durable: bool = True) -> None:
        """Append a whole line or nothing."""
        make_folder(self._file.parent)
        self._cut_torn_line()
        descriptor = open_private(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        size = os.fstat(descriptor).st_size
        try:
            append(descriptor, line, durable=durable)
        except OSError:
            with suppress(OSError):
                os.truncate(self._file, size)
            raise
        if not size:
            sync_folder(self._file.parent)

    def _cut_torn_line(self) -> None:
        """Cut off the part of a line that a crash left behind."""
        if not self._file.exists():
            return
        with os.fdopen(open_private(self._file, os.O_RDWR), "r+b") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, end - 1))
            if stream.read(1) in {b"", b"\n"}:
                return
            stream.seek(0)
            stream.truncate(stream.read().rfind(b"\n") + 1)

    def close(self) -> None:
        """Move the journal to its operation's folder: the operation is over."""
        folder = self._file.with_suffix("")
        try:
            make_folder(folder)
            move(self._file, folder / CLOSED)
        except OSError as error:
            raise _not_writable(self._file, error) from error
        self._file = folder / CLOSED  # later entries go there

    def read(self) -> Operation | None:
        """Return the operation, or None if its journal ends before the plan is complete.

        A torn last line does not count. The next entry replaces it; until then it stays, since
        another process may be writing it right now.
        """
        try:
            *lines, _torn = read_private(self._file).split(b"\n")
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise self._refused(reason, code="journal_unreadable") from error
        try:
            operation = Operation.from_entries(self._entries(lines))
        except RecursionError as error:
            raise self._damaged() from error
        if lines and not operation:
            raise self._damaged()
        return operation

    def _entries(self, lines: list[bytes]) -> Iterator[Entry]:
        reader = entry_reader()
        for line in lines:
            try:
                content: Any = json.loads(line)
            except ValueError as error:
                raise self._damaged() from error
            if not isinstance(content, dict) or not isinstance(content.get("journal"), int):
                raise self._damaged()
            version, by = content.pop("journal"), str(content.pop("by", ""))
            if version != VERSION:
                raise self._newer(f"version {version} of the journal", by)
            content = upgraded(content)
            if unknown := unknown_part(content, Entry):
                raise self._newer(unknown, by)
            try:
                entry = reader.validate_python(content)
                if entry.plan:
                    StartTime.of(entry.plan.date)
            except ValueError as error:
                if by not in {"", __version__}:
                    raise self._newer("a key that it left out", by) from error
                raise self._damaged() from error
            yield entry

    def _newer(self, unknown: str, by: str) -> RefusedError:
        """Return the error about an entry of a newer version, which must not be skipped."""
        needed = f"multigit {by}" if by not in {"", __version__} else "the multigit that wrote it"
        return RefusedError(
            f"The journal {self._file.name} was written by a newer version of multigit: "
            f"{__version__} does not know {unknown}.",
            hint=f"Leave it there. Install {needed} or newer, then run the command again.",
            code="journal_newer",
        )

    def _damaged(self) -> RefusedError:
        return self._refused("has a line that multigit did not write", code="journal_damaged")

    def _refused(self, reason: str, *, code: str) -> RefusedError:
        """Return the error about a journal without which nothing is lost."""
        hint = phrase("Run: `{move}`", move=out_of_the_way(self._file))
        return RefusedError(f"The journal {self._file.name} {reason}.", hint=hint, code=code)


def _line(entry: Entry) -> bytes:
    """Return an entry as a line of a journal; what is empty is left out."""
    content = {key: value for key, value in asdict(entry).items() if value}
    line = json.dumps(
        {"journal": VERSION, "by": __version__, **content},
        ensure_ascii=True,
        separators=(",", ":"),
        default=str,
    )
    return line.encode() + b"\n"


@cache
def entry_reader() -> TypeAdapter[Entry]:
    """Return what builds entries from plain data. Building it takes longer than reading a file."""
    from pydantic import TypeAdapter

    return TypeAdapter(Entry)


def remove_unstarted(folder: Path) -> None:
    """Remove the journals of operations that never started; only with the workspace lock held."""
    with suppress(OSError):
        for file in folder.glob("*.jsonl"):
            if not has_started(file):
                file.unlink(missing_ok=True)


def _not_writable(file: Path, error: OSError) -> RefusedError:
    started = file.exists() and file.stat().st_size > 0
    return RefusedError(
        f"The journal {file.name} cannot be written: {error.strerror or error}.",
        hint=Hint.CONTINUE_WITH_ROOM if started else "Free some space, then run the command again.",
        code="journal_not_writable",
    )
