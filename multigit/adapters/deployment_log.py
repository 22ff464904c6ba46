"""The deployment log on disk: append-only JSON Lines, each line chained to the one before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from multigit.adapters.durable import append, make_folder, open_private, sync_folder
from multigit.core.record import BadLine, Head, next_line, parse, verify
from multigit.core.witness import name_of
from multigit.errors import RefusedError

LOCK_SECONDS = 30
News = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any]], bool]


class DeploymentLog:
    """The log file of a workspace; `lock` is the file that keeps two writers apart."""

    def __init__(self, file: Path, lock: Path) -> None:
        self.file = file
        self._lock = lock

    def require_writable(self) -> None:
        """Raise RefusedError when no record could be written: then nothing may be published."""
        try:
            with self._locked():
                os.close(self._open())
        except OSError as error:
            raise _not_writable(self.file, error) from error

    def head(self) -> Head:
        """Return the end of the log as it is now."""
        lines, _ = self._read()
        return _head(lines)

    def append(self, content: Mapping[str, Any]) -> Head:
        """Write one record and return once it is on disk.

        A torn last line, left by a crash in an earlier write, is moved to `<log>.torn` first.
        """
        try:
            with self._locked():
                return self._append(content)
        except OSError as error:
            raise _not_writable(self.file, error) from error

    def append_news(self, content: Mapping[str, Any], news: News) -> bool:
        """Write a record where it is news to the log as it is then; tell whether it was."""
        try:
            with self._locked():
                told = news(self.records(), content)
                if told:
                    self._append(content)
        except OSError as error:
            raise _not_writable(self.file, error) from error
        return told

    def _append(self, content: Mapping[str, Any]) -> Head:
        lines, torn = self._read()
        if torn:
            self._move_aside(torn)
        line, head = next_line(content, _head(lines))
        append(self._open(), line + b"\n")
        sync_folder(self.file.parent)
        return head

    def records(self) -> list[dict[str, Any]]:
        """Return every record that can be read, oldest first."""
        lines, _ = self._read()
        return [content for content in map(parse, lines) if content]

    def lines(self) -> list[bytes]:
        """Return every complete line, without its line break."""
        return self._read()[0]

    def name(self) -> str:
        """Return what the tags call this log, or empty."""
        return name_of(self.records())

    def holds(self, operation: str) -> bool:
        """Tell whether an operation's record was written already."""
        return any(each.get("operation") == operation for each in self.records())

    def verify(self) -> BadLine | Head:
        """Return the head of a sound log, or its first bad line."""
        lines, torn = self._read()
        found = verify(lines)
        if torn and isinstance(found, Head):
            return BadLine(len(lines) + 1, "torn", "ends in the middle of a record")
        return found

    def _read(self) -> tuple[list[bytes], bytes]:
        """Return the complete lines, and what stands behind the last line break."""
        try:
            with os.fdopen(open_private(self.file, os.O_RDONLY), "rb") as stream:
                content = stream.read()
        except FileNotFoundError:
            return [], b""
        except OSError as error:
            raise RefusedError(
                f"The deployment log {self.file.name} cannot be read: {error.strerror}.",
                hint="It has to be a plain file of yours; no link, no folder.",
                code="log_unreadable",
            ) from error
        *lines, torn = content.split(b"\n")
        return lines, torn

    def _open(self) -> int:
        return open_private(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self._lock.parent)
        lock = FileLock(self._lock, timeout=LOCK_SECONDS)
        try:
            with lock:
                yield
        except Timeout as error:
            raise RefusedError(
                f"{self.file.name} is locked by another multigit.",
                hint="Wait until it has ended, then run the command again.",
                code="log_locked",
            ) from error

    def _move_aside(self, torn: bytes) -> None:
        """Keep the torn tail in a file of its own, then cut it off."""
        aside = self.file.with_name(f"{self.file.name}.torn")
        append(open_private(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT), torn + b"\n")
        os.truncate(self.file, self.file.stat().st_size - len(torn))


def _head(lines: list[bytes]) -> Head:
    """Return where the next record goes: behind the last line, whatever that holds."""
    if not lines:
        return Head()
    last = parse(lines[-1])
    seq = last.get("seq") if last else None
    return Head(seq if isinstance(seq, int) else len(lines), sha256(lines[-1]).hexdigest())


def _not_writable(file: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"The deployment log {file.name} cannot be written: {error.strerror or error}.",
        hint=f"Make {file.parent} writable, or name another file as log in the configuration.",
        code="log_not_writable",
    )
