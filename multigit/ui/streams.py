"""Standard output and error that outlive their readers."""

from __future__ import annotations

import errno
import io
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

LEFT = {errno.EPIPE, errno.EIO}  # the reader, or the terminal, is gone
_BLANKS = re.compile(r" +(?=\n)")


class SafeStream:
    """A stream whose reader may leave early (`| head`): what comes after is dropped, not raised.

    A release must not stop half-way because someone closed the window that shows it. If it cannot
    be written for another reason, as on a full disk, `failure` says why. Without a terminal, the
    blanks that fill up a table's last column are omitted.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(errors="backslashreplace")
        self._broken = False
        self.failure = ""
        self._drawn = self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._drawn

    def write(self, text: str) -> int:
        """Write, or drop the text if the reader has left."""
        if not self._drawn:
            text = _BLANKS.sub("", text)
        return self._guard(self._stream.write, text) or len(text)

    def flush(self) -> None:
        """Flush, unless the reader has left."""
        self._guard(self._stream.flush)

    def _guard(self, function: Any, *arguments: Any) -> Any:
        if self._broken:
            return None
        try:
            return function(*arguments)
        except (
            OSError,
            ValueError,
        ) as error:  # it is closed, or nothing can be written
            self._broken = True
            if isinstance(error, OSError) and error.errno not in LEFT:
                self.failure = error.strerror or str(error)
            with suppress(OSError, ValueError):
                # The interpreter flushes the real stream at exit: give it somewhere to go.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            return None


def safe_stream(stream: IO[str] | SafeStream | None) -> SafeStream:
    """Return the stream as one that outlives its reader; it may be one already."""
    return stream if isinstance(stream, SafeStream) else SafeStream(stream)
