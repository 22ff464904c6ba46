"""A terminal at which nobody types, and what people read there."""

from __future__ import annotations

import os
import pty
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PLAIN = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "200"}
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\-~])")
_CHUNK = 65536
_LAST_WORDS = 2.0  # seconds


class Screen:
    """A pseudo-terminal; `terminal` is the side that a program gets."""

    def __init__(self) -> None:
        self._side, self.terminal = pty.openpty()
        self._seen: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        """Return everything that was shown, once the program has ended."""
        with suppress(OSError):
            os.close(self.terminal)
        self._reader.join(_LAST_WORDS)
        shown = b"".join(self._seen).decode("utf-8", "replace").replace("\r", "")
        return _ESCAPE.sub("", shown)

    def close(self) -> None:
        """Close both sides."""
        self.text()
        os.close(self._side)

    def _read(self) -> None:
        with suppress(OSError):  # the other side is closed
            while data := os.read(self._side, _CHUNK):
                self._seen.append(data)


@contextmanager
def screen() -> Iterator[Screen]:
    """Provide a terminal, and close it afterwards."""
    lent = Screen()
    try:
        yield lent
    finally:
        lent.close()
