"""The deployment log on disk: append-only JSON Lines, each line chained to the one before."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from multigit.adapters.files.durable import (
    FULL,
    append,
    make_folder,
    open_private,
    out_of_the_way,
    sync_folder,
)
from multigit.adapters.files.line_file import count_lines, end_of_lines, lines_before, lines_from
from multigit.adapters.files.lock import require_lockable, unusable
from multigit.adapters.files.log_index import Index, digest, read_index, write_index
from multigit.core.records.chain import (
    DEPLOYMENTS,
    MARK,
    BadLine,
    Head,
    canonical_text,
    content_of,
    next_line,
    number_of,
    verify,
)
from multigit.core.records.history import History
from multigit.core.records.last_deployments import Last, last_deployed
from multigit.core.records.record import Record, record_in
from multigit.core.records.tag_anchors import name_of
from multigit.errors import RefusedError

LOCK_SECONDS = 30
APPENDING = os.O_WRONLY | os.O_APPEND
INDEX = "deployed.json"


class DeploymentLog:
    """The log file of a workspace; `lock` is the file that keeps two writers apart.

    The tail is all that most need: a log of years costs no more than that of a day.
    """

    def __init__(self, file: Path, lock: Path) -> None:
        self.file = file
        self.aside = file.with_name(f"{file.name}.torn")
        self._lock = lock
        self._index = lock.with_name(INDEX)

    def require_writable(self) -> None:
        """Raise RefusedError when no record could be written: then nothing may be published."""
        with self._writing():
            os.close(self._open())
            self._require_aside()

    def require_usable(self) -> None:
        """Raise RefusedError when the log that there is takes no record; a look locks nothing."""
        require_lockable(self._lock)
        if os.path.lexists(self.file):
            os.close(self._open(create=False))
            self._require_aside()

    def set_aside(self) -> bool:
        """Move a torn end to a file of its own, as `append` does; tells whether there was one."""
        with self._writing():
            end, torn = self._torn()
            if torn:
                self._move_aside(torn, end)
        return bool(torn)

    def head(self) -> Head:
        """Return the end of the log as it is now."""
        with self._reading() as stream:
            return _head(stream, end_of_lines(stream))

    def append(self, record: Record) -> Head:
        """Write one record and return once it is on disk.

        A torn last line, left by a crash in an earlier write, is moved to `<log>.torn` first.
        """
        with self._writing():
            return self._append(record)

    def append_news(self, watched: Record) -> bool:
        """Write a record of watching where it is news to the log by then; tells whether it was."""
        with self._writing():
            news = History(self).is_news(watched)
            if news:
                self._append(watched)
        return news

    def _append(self, record: Record) -> Head:
        with self._reading() as stream:
            end = end_of_lines(stream)
            line, head = next_line(record.document(), _head(stream, end))
        if torn := self._torn()[1]:
            self._move_aside(torn, end)
        append(self._open(), line + b"\n")
        sync_folder(self.file.parent)
        return head

    def newest(self, *mentioning: str) -> Iterator[Record]:
        """Yield the records that can be read, newest first, reading no more than is asked for.

        With `mentioning` only those that have one of these very texts as a value.
        """
        words = [canonical_text(each) for each in mentioning] or [MARK]
        with self._reading() as stream:
            yield from filter(
                None, map(record_in, lines_before(stream, end_of_lines(stream), words))
            )

    def count(self) -> int:
        """Return how many lines there are, whatever they hold."""
        with self._reading() as stream:
            return count_lines(stream)

    def last_deployed(self) -> Last:
        """Return the last deployment of each repository to each stage.

        Reads what was added since the last time, as the index beside the log tells.
        """
        with self._reading() as stream:
            known = read_index(self._index, stream)
            end = end_of_lines(stream)
            if end == known.size:
                return known.last
            new = filter(None, map(record_in, lines_from(stream, known.size, end, [DEPLOYMENTS])))
            last = last_deployed(new, known.last)
            line = digest(next(lines_before(stream, end)))
        write_index(self._index, Index(end, line, last))
        return last

    def lines(self) -> list[bytes]:
        """Return every complete line, without its line break."""
        with self._reading() as stream:
            return list(lines_from(stream, 0, end_of_lines(stream)))

    def name(self) -> str:
        """Return what the tags call this log, or empty."""
        with self._reading() as stream:
            lines = lines_from(stream, 0, end_of_lines(stream), [MARK])
            return name_of(filter(None, map(record_in, lines)))

    def holds(self, operation: str) -> bool:
        """Tell whether an operation's record was written already."""
        return any(each.operation == operation for each in self.newest(operation))

    def verify(self) -> BadLine | Head:
        """Return the head of a sound log, or its first bad line."""
        with self._reading() as stream:
            end = end_of_lines(stream)
            lines = list(lines_from(stream, 0, end))
            torn = stream.seek(0, os.SEEK_END) > end
        found = verify(lines)
        if torn and isinstance(found, Head):
            return BadLine(len(lines) + 1, "torn", "ends in the middle of a record")
        return found

    @contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        """Lend the open file; one that is not there is empty."""
        try:
            stream: BinaryIO = os.fdopen(open_private(self.file, os.O_RDONLY), "rb")
        except FileNotFoundError:
            stream = BytesIO()
        except OSError as error:
            raise RefusedError(
                f"The deployment log {self.file.name} cannot be read: {error.strerror or error}.",
                hint=f"It has to be a plain file of yours. Run: {out_of_the_way(self.file)}",
                code="log_unreadable",
            ) from error
        with stream:
            yield stream

    def _open(self, *, create: bool = True) -> int:
        try:
            return open_private(self.file, APPENDING | (os.O_CREAT if create else 0))
        except OSError as error:
            raise self._not_writable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep others from writing meanwhile; raises RefusedError where the log cannot be."""
        try:
            with self._locked():
                yield
        except OSError as error:
            raise self._not_writable(error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self._lock.parent)
        lock = FileLock(self._lock, timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise RefusedError(
                f"{self.file.name} is locked by another multigit.",
                hint="Wait until it has ended, then run the command again.",
                code="log_locked",
            ) from error
        except OSError as error:
            raise unusable(error, self._lock) from error
        try:
            yield
        finally:
            lock.release()

    def _torn(self) -> tuple[int, bytes]:
        """Return where the last whole line ends, and what was begun behind it."""
        with self._reading() as stream:
            end = end_of_lines(stream)
            stream.seek(end)
            return end, stream.read()

    def _require_aside(self) -> None:
        """Raise RefusedError where the log ends torn, and what keeps such ends takes none."""
        _, torn = self._torn()
        if torn and os.path.lexists(self.aside):
            os.close(self._open_aside())

    def _move_aside(self, torn: bytes, end: int) -> None:
        """Keep the torn tail in a file of its own, then cut it off."""
        try:
            append(self._open_aside(), torn + b"\n")
        except OSError as error:
            raise _unwritable(self._about_aside(), self.aside, error) from error
        os.truncate(self.file, end)

    def _open_aside(self) -> int:
        """Open what keeps torn ends; raises RefusedError where it takes none."""
        try:
            return open_private(self.aside, APPENDING | os.O_CREAT)
        except OSError as error:
            raise _unwritable(self._about_aside(), self.aside, error) from error

    def _about_aside(self) -> str:
        return f"{self.file.name} ends in the middle of a record, and {self.aside.name}"

    def _not_writable(self, error: OSError) -> RefusedError:
        return _unwritable(f"The deployment log {self.file.name}", self.file, error)


def _head(stream: BinaryIO, end: int) -> Head:
    """Return where the next record goes: behind the last line, whatever that holds."""
    line = next(lines_before(stream, end), None)
    if line is None:
        return Head()
    seq = number_of(content_of(line) or {}) or count_lines(stream)
    return Head(seq, digest(line))


def _unwritable(what: str, file: Path, error: OSError) -> RefusedError:
    hint = f"Make {file.parent} writable, or name another file as log in the configuration."
    if error.errno == errno.EINVAL:  # it is not a plain file
        hint = f"Run: {out_of_the_way(file)}"
    elif error.errno in FULL:
        hint = f"Make room in {file.parent}."
    return RefusedError(
        f"{what} cannot be written: {error.strerror or error}.", hint=hint, code="log_not_writable"
    )
