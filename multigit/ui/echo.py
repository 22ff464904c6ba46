"""The terminal while something is drawn on it: what is typed is not shown, since it would stay."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SHOW, HIDE = b"\x1b[?25h", b"\x1b[?25l"  # the cursor, which a live view hides


@contextmanager
def without_echo() -> Iterator[None]:
    """Do not show what is typed meanwhile; it is kept for what reads next, such as the shell.

    Ctrl-Z returns the terminal to the shell as it was. Without effect in the background, on other
    systems than POSIX, and if stdout is not a terminal: a pager may have it then.
    """
    if os.name != "posix" or not sys.stdout.isatty():
        yield
        return
    off = False
    try:
        off = _echo(on=False)
        with _when_stopped():
            yield
    finally:
        if off:
            _echo(on=True)


def _echo(*, on: bool) -> bool:
    """Switch the echo on or off; return whether it was not so already.

    From the background it is left alone: to change it would stop this process.
    """
    import termios

    with suppress(OSError, ValueError, termios.error):  # no terminal, or it is gone
        terminal = sys.stderr.fileno()
        now = termios.tcgetattr(terminal)
        if os.tcgetpgrp(terminal) == os.getpgrp() and bool(now[3] & termios.ECHO) is not on:
            now[3] ^= termios.ECHO
            termios.tcsetattr(terminal, termios.TCSANOW, now)
            return True
    return False


@contextmanager
def _when_stopped() -> Iterator[None]:
    """Leave echo and cursor to the shell while Ctrl-Z stops this process."""

    def stop(number: int, _: object) -> None:
        off = _echo(on=True)
        _write(SHOW)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # returns when the process is continued
        signal.signal(number, stop)
        if off and _echo(on=False):
            _write(HIDE)

    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)


def _write(sequence: bytes) -> None:
    with suppress(OSError):  # it is gone
        os.write(sys.stderr.fileno(), sequence)
