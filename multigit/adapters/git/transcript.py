"""All that git did in one repository and operation, kept in a file for troubleshooting."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from multigit.adapters.files.durable import make_folder, open_private
from multigit.core.values.text import harmless, masked

LONGEST = 20_000  # characters of one output


class Transcript:
    """Collects git's commands and their output, in memory until `keep` names a file.

    Only an operation that changes something keeps its transcripts. They may be read at a terminal,
    so they contain no control characters.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._file: Path | None = None
        self._lock = threading.Lock()

    def add(
        self, arguments: Sequence[str], stdout: str, stderr: str, status: int | None = None
    ) -> None:
        """Note one git process: its arguments, its output and its exit status."""
        ending = "" if status is None else f"exit {status}\n"
        output = masked(stdout.replace("\0", "\n"))
        text = (
            f"{output[:LONGEST]}"
            f"{'' if output.endswith(chr(10)) or not output else chr(10)}{stderr}{ending}"
        )
        command = harmless(masked(shlex.join(arguments))).replace("\n", "\\n")
        with self._lock:
            self._lines.append(f"$ git {command}\n{harmless(text)}")
            self._flush()

    def keep(self, file: Path) -> None:
        """Write what was collected to the file, mode 0600, and append to it from now on."""
        with self._lock:
            self._file = file
            self._flush()

    def _flush(self) -> None:
        if self._file is None:
            return
        text = "".join(self._lines).encode()
        with suppress(OSError):  # a full disk must not stop an operation because of its transcript
            make_folder(self._file.parent)
            descriptor = open_private(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text)
            self._lines.clear()
