"""A program in a real pseudo-terminal: press keys, wait for text, see what it printed."""

from __future__ import annotations

import codecs
import os
import re
import select
import termios
import time
from dataclasses import dataclass
from subprocess import TimeoutExpired
from typing import IO, TYPE_CHECKING, NoReturn, Self

from .launch import start_at
from .patience import heard

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

# The last alternatives are sequences that have not arrived completely yet.
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
    """All output so far: raw, and without escape sequences and carriage returns."""

    raw: str
    text: str


class Terminal:
    """Runs `argv` until `finish`; leaving its `with` block kills what still runs.

    Every wait fails after `timeout` seconds with an AssertionError that shows the text so far.
    `stdout` may be a file instead of the terminal.
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
        stdout: IO[bytes] | None = None,
    ) -> None:
        self.raw = ""
        self._timeout = timeout
        self._read_to = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._side, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (rows, cols))
        size = {"COLUMNS": str(cols), "LINES": str(rows)}
        environment = {"TERM": "xterm-256color", **env, **size}
        try:
            self._process = start_at(theirs, *argv, cwd=cwd, env=environment, stdout=stdout)
        finally:
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._side)
        self._process.kill()
        self._process.wait()

    @property
    def text(self) -> str:
        """The output so far without escape sequences, with plain line feeds."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def screen(self) -> Screen:
        """The output so far, both ways."""
        return Screen(self.raw, self.text)

    def expect(self, text: str) -> None:
        """Wait for `text` in the plain text after what an earlier `expect` found."""
        deadline = time.monotonic() + self._timeout
        while (at := self.text.find(text, self._read_to)) < 0:
            if not self._read(deadline):
                self._fail(f"{text!r} did not appear")
        self._read_to = at + len(text)

    def send_line(self, text: str = "") -> None:
        """Type `text` and press Enter."""
        self.send_key(text + KEYS["enter"])

    def send_key(self, key: str) -> None:
        """Press a key of KEYS, or type the characters as they are."""
        os.write(self._side, KEYS.get(key, key).encode())

    def expect_keys(self) -> None:
        """Wait until the program reads single keys instead of lines."""
        self._expect_off(termios.ICANON, "the program reads lines")

    def expect_no_echo(self) -> None:
        """Wait until what is typed is not shown."""
        self._expect_off(termios.ECHO, "what is typed is shown")

    def _expect_off(self, mode: int, otherwise: str) -> None:
        deadline = time.monotonic() + self._timeout
        while termios.tcgetattr(self._side)[3] & mode:
            if time.monotonic() > deadline:
                self._fail(otherwise)
            time.sleep(0.005)

    def press_ctrl_c(self) -> None:
        """Press Ctrl-C, an interrupt or just a key, and wait until any signal has been received."""
        self.send_key("ctrl-c")
        heard(self._process.pid)

    def finish(self) -> int:
        """Wait for the program to end; return its exit code, or minus the signal that killed it."""
        deadline = time.monotonic() + self._timeout
        while self._read(deadline):
            pass
        try:
            return self._process.wait(max(0.0, deadline - time.monotonic()))
        except TimeoutExpired:
            self._fail("the program did not end")

    def _read(self, deadline: float) -> bool:
        """Read more output; return False at its end or past the deadline."""
        ready, _, _ = select.select([self._side], [], [], max(0.0, deadline - time.monotonic()))
        try:
            chunk = os.read(self._side, _CHUNK) if ready else b""
        except OSError:  # the other side is closed
            chunk = b""
        asked = self.raw.count(_WHERE_IS_THE_CURSOR)
        self.raw += self._decoder.decode(chunk)
        for _ in range(self.raw.count(_WHERE_IS_THE_CURSOR) - asked):
            self.send_key(_AT_TOP_LEFT)  # as a terminal does; prompt_toolkit waits for it
        return bool(chunk)

    def _fail(self, reason: str) -> NoReturn:
        msg = f"{reason}; the screen:\n{self.text}"
        raise AssertionError(msg)
