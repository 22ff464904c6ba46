"""The deployment log, read mostly from its end: the log of years costs no more than a short one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from multigit.adapters.files.durable import open_private, out_of_the_way
from multigit.adapters.files.line_file import count_lines, end_of_lines, lines_before, lines_from
from multigit.adapters.files.log_index import Index, digest, read_index, write_index
from multigit.core.records.chain import (
    DEPLOYMENTS,
    MARK,
    BadLine,
    Head,
    canonical_text,
    content_of,
    number_of,
    verify,
)
from multigit.core.records.last_deployments import LastDeployments, last_deployed
from multigit.core.records.record import Record, record_in
from multigit.core.records.tag_anchors import name_of
from multigit.errors import RefusedError
from multigit.phrase import phrase


class LogReader:
    """The records in a file, and an index of their last deployments."""

    def __init__(self, file: Path, index: Path) -> None:
        self.file = file
        self._index = index

    def head(self) -> Head:
        """Return the current end of the log."""
        with self.reading() as stream:
            return head_at(stream, end_of_lines(stream))

    def newest(self, *mentioning: str) -> Iterator[Record]:
        """Yield the readable records, newest first, without reading more than is needed.

        With `mentioning` only those that have exactly one of these texts as a value.
        """
        words = [canonical_text(text) for text in mentioning] or [MARK]
        with self.reading() as stream:
            lines = lines_before(stream, end_of_lines(stream), words)
            yield from filter(None, map(record_in, lines))

    def count(self) -> int:
        """Return how many lines there are, readable or not."""
        with self.reading() as stream:
            return count_lines(stream)

    def last_deployed(self) -> LastDeployments:
        """Return the last deployment of each repository to each stage.

        Reads only what was added since the index beside the log was written.
        """
        with self.reading() as stream:
            index = read_index(self._index, stream)
            end = end_of_lines(stream)
            if end == index.size:
                return index.last
            new = filter(None, map(record_in, lines_from(stream, index.size, end, [DEPLOYMENTS])))
            last = last_deployed(new, index.last)
            line = digest(next(lines_before(stream, end)))
        write_index(self._index, Index(end, line, last))
        return last

    def lines(self) -> list[bytes]:
        """Return every complete line, without its line break."""
        with self.reading() as stream:
            return list(lines_from(stream, 0, end_of_lines(stream)))

    def name(self) -> str:
        """Return the name of this log in tags, or empty."""
        with self.reading() as stream:
            lines = lines_from(stream, 0, end_of_lines(stream), [MARK])
            return name_of(filter(None, map(record_in, lines)))

    def holds(self, operation: str) -> bool:
        """Return whether the log has an operation's record."""
        return any(record.operation == operation for record in self.newest(operation))

    def verify(self) -> BadLine | Head:
        """Return the head of a sound log, or its first bad line."""
        with self.reading() as stream:
            end = end_of_lines(stream)
            lines = list(lines_from(stream, 0, end))
            torn = stream.seek(0, os.SEEK_END) > end
        result = verify(lines)
        if torn and isinstance(result, Head):
            return BadLine(len(lines) + 1, "torn", "ends in the middle of a record")
        return result

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """Lend the open file; a missing one is empty."""
        try:
            stream: BinaryIO = os.fdopen(open_private(self.file, os.O_RDONLY), "rb")
        except FileNotFoundError:
            stream = BytesIO()
        except OSError as error:
            raise RefusedError(
                f"The deployment log {self.file.name} cannot be read: {error.strerror or error}.",
                hint="Run multigit as the user who owns it, or change its permissions."
                if isinstance(error, PermissionError)
                else phrase(
                    "It must be a plain file of yours. Run: `{move}`",
                    move=out_of_the_way(self.file),
                ),
                code="log_unreadable",
            ) from error
        with stream:
            yield stream


def head_at(stream: BinaryIO, end: int) -> Head:
    """Return the head for the next record: after the last line, whatever that is."""
    line = next(lines_before(stream, end), None)
    if line is None:
        return Head()
    seq = number_of(content_of(line) or {}) or count_lines(stream)
    return Head(seq, digest(line))
