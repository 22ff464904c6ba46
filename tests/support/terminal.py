"""A program in a real pseudo-terminal: press keys, wait for text, see what it printed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "ctrl-c": "\x03",
    "ctrl-d": "\x04",
    "ctrl-z": "\x1a",
}

# The last alternatives are sequences that have not come in full yet.
_ESCAPE = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b]*\x1b\\"
    r"|[ -/]*[0-OQ-WYZ`-~\\]"
    r"|\[[0-?]*[ -/]*\Z|\][^\x07\x1b]*\x1b?\Z|[PX^_][^\x1b]*\x1b?\Z|[ -/]*\Z"
    r")"
)
_WHERE_IS_THE_CURSOR = "\x1b[6n"
_AT_TOP_LEFT = "\x1b[1;1R"
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Screen:
    """All output so far: as it came, and without escape sequences, lines ending in a newline."""

    raw: str
    text: str


class Terminal:
    """Runs `argv` until `finish`; leaving its `with` block kills what still runs.

    Each wait ends after `timeout` seconds with an AssertionError that shows the text so far.
    """

    def __init__(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        rows: int = 40,
        cols: int = 80,
        *,
        timeout: float = 20.0,
    ) -> None:
        self.raw = ""
        self._timeout = timeout
        self._read_to = 0
        self._child = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            cwd=str(cwd),
            env={"TERM": "xterm-256color", **env, "COLUMNS": str(cols), "LINES": str(rows)},
            dimensions=(rows, cols),
            encoding="utf-8",
            codec_errors="surrogateescape",
        )
        self._child.delaybeforesend = None
        self._child.ptyproc.delayafterclose = 0.01

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """The output so far without escape sequences, with plain line feeds."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def screen(self) -> Screen:
        """The output so far, both ways."""
        return Screen(self.raw, self.text)

    def expect(self, text: str) -> None:
        """Wait until `text` stands in the plain text, behind what an earlier `expect` found."""
        deadline = time.monotonic() + self._timeout
        while (at := self.text.find(text, self._read_to)) < 0:
            if not self._read(deadline):
                self._fail(f"{text!r} did not appear")
        self._read_to = at + len(text)

    def send_line(self, text: str = "") -> None:
        """Type `text` and Enter."""
        self._child.send(text + KEYS["enter"])

    def send_key(self, key: str) -> None:
        """Press a key of KEYS, or type the characters as they are."""
        self._child.send(KEYS.get(key, key))

    def press_ctrl_c(self) -> None:
        """Press Ctrl-C: an interrupt, or a character for a program that reads keys."""
        self.send_key("ctrl-c")

    def finish(self) -> int:
        """Wait for the program to end; its exit code, or minus the signal that killed it."""
        deadline = time.monotonic() + self._timeout
        while self._read(deadline):
            pass
        while self._child.isalive():
            if time.monotonic() > deadline:
                self._fail("the program did not end")
            time.sleep(0.005)
        self._child.close()
        status, signal = self._child.exitstatus, self._child.signalstatus
        return int(status) if status is not None else -int(signal)

    def _read(self, deadline: float) -> bool:
        """Take in what came; False at the end of the output or past the deadline."""
        try:
            chunk = self._child.read_nonblocking(_CHUNK, max(0.0, deadline - time.monotonic()))
        except (pexpect.EOF, pexpect.TIMEOUT):
            return False
        asked = self.raw.count(_WHERE_IS_THE_CURSOR)
        self.raw += chunk
        for _ in range(self.raw.count(_WHERE_IS_THE_CURSOR) - asked):
            self._child.send(_AT_TOP_LEFT)  # as a terminal does; prompt_toolkit waits for it
        return True

    def _fail(self, reason: str) -> None:
        msg = f"{reason}; the screen:\n{self.text}"
        raise AssertionError(msg)
