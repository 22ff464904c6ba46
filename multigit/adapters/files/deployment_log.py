"""The deployment log on disk: append-only JSON Lines, each line chained to the one before."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from multigit.adapters.files.durable import (
    FULL,
    append,
    make_folder,
    open_private,
    out_of_the_way,
    sync_folder,
)
from multigit.adapters.files.line_file import end_of_lines
from multigit.adapters.files.lock import in_turn, require_lockable, unusable
from multigit.adapters.files.log_reader import LogReader, head_at
from multigit.core.records.chain import Head, next_line
from multigit.core.records.history import OperationHistory
from multigit.core.records.record import Record
from multigit.errors import RefusedError
from multigit.phrase import phrase

APPENDING = os.O_WRONLY | os.O_APPEND
INDEX = "deployed.json"


class DeploymentLog(LogReader):
    """The log file of a workspace; `lock` is the file that keeps two writers apart."""

    def __init__(self, file: Path, lock: Path) -> None:
        super().__init__(file, lock.with_name(INDEX))
        self.aside = file.with_name(f"{file.name}.torn")
        self._lock = lock

    def require_writable(self) -> None:
        """Raise RefusedError if no record could be written: then nothing may be published."""
        with self._writing():
            os.close(self._open(self.file))
            self._require_aside()

    def require_usable(self) -> None:
        """Raise RefusedError if an existing log cannot take a record; takes no lock."""
        require_lockable(self._lock)
        if os.path.lexists(self.file):
            os.close(self._open(self.file, create=False))
            self._require_aside()

    def set_aside(self) -> bool:
        """Move a torn end to a file of its own, as `append` does; return whether there was one."""
        with self._writing():
            end, torn = self._torn()
            if torn:
                self._move_aside(torn, end)
        return bool(torn)

    def append(self, record: Record) -> Head:
        """Write one record and return once it is on disk.

        A torn last line, left by a crash in an earlier write, is moved to `<log>.torn` first.
        """
        with self._writing():
            return self._append(record)

    def append_news(self, watched: Record) -> bool:
        """Append a record of a watch if the log lacks an end that it saw; return whether it did."""
        with self._writing():
            lacking = OperationHistory(self).lacks_end(watched)
            if lacking:
                self._append(watched)
        return lacking

    def _append(self, record: Record) -> Head:
        with self.reading() as stream:
            end = end_of_lines(stream)
            line, head = next_line(record.document(), head_at(stream, end))
        if torn := self._torn()[1]:
            self._move_aside(torn, end)
        append(self._open(self.file), line + b"\n")
        sync_folder(self.file.parent)
        return head

    def _open(self, file: Path, *, create: bool = True) -> int:
        try:
            return open_private(file, APPENDING | (os.O_CREAT if create else 0))
        except OSError as error:
            raise self._not_writable(file, error) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep others from writing meanwhile; raises RefusedError if that fails."""
        try:
            make_folder(self._lock.parent)
            with ExitStack() as held:
                self._take_turn(held)
                yield
        except OSError as error:
            raise self._not_writable(self.file, error) from error

    def _take_turn(self, held: ExitStack) -> None:
        try:
            held.enter_context(in_turn(self._lock))
        except TimeoutError as error:
            raise RefusedError(
                f"{self.file.name} is locked by another multigit.",
                hint="Wait until it has ended, then run the command again.",
                code="log_locked",
            ) from error
        except OSError as error:
            raise unusable(error, self._lock) from error

    def _torn(self) -> tuple[int, bytes]:
        """Return where the last whole line ends, and what follows it."""
        with self.reading() as stream:
            end = end_of_lines(stream)
            stream.seek(end)
            return end, stream.read()

    def _require_aside(self) -> None:
        """Raise RefusedError if the log has a torn end that could not be moved aside."""
        _, torn = self._torn()
        if torn and os.path.lexists(self.aside):
            os.close(self._open(self.aside))

    def _move_aside(self, torn: bytes, end: int) -> None:
        """Keep the torn tail in a file of its own, then cut it off."""
        try:
            append(self._open(self.aside), torn + b"\n")
        except OSError as error:
            raise self._not_writable(self.aside, error) from error
        os.truncate(self.file, end)

    def _not_writable(self, file: Path, error: OSError) -> RefusedError:
        what = f"The deployment log {self.file.name}"
        if file == self.aside:
            what = f"{self.file.name} ends in the middle of a record, and {file.name}"
        hint = f"Make {file.parent} writable, or set log to another file in the configuration."
        if error.errno == errno.EINVAL:  # it is not a plain file
            hint = phrase("Run: `{move}`", move=out_of_the_way(file))
        elif error.errno in FULL:
            hint = f"Free some space in {file.parent}."
        return RefusedError(
            f"{what} cannot be written: {error.strerror or error}.",
            hint=hint,
            code="log_not_writable",
        )
