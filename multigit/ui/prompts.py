"""Questions, asked on standard error and answered at a terminal. Nothing else may wait.

Each raises EOFError if the terminal is gone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select
from typing import Any

import questionary
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import create_output

ENDS = frozenset(b"\x04\0")  # Ctrl-D, and what the system makes of one typed in line mode


def line(question: str) -> str:
    """Ask for a line; return it without surrounding blanks. Raises KeyboardInterrupt on Ctrl-C."""
    return str(_answer(questionary.text(question, output=_stderr()))).strip()


def check_off(items: Sequence[str]) -> bool:
    """Ask to check off a checklist; True if all items are. Raises KeyboardInterrupt on Ctrl-C."""
    checklist = questionary.checkbox(
        "Checklist",
        instruction="(space to check off, enter to continue)",
        choices=list(items),
        output=_stderr(),
    )
    return set(_answer(checklist)) == set(items)


def _answer(question: questionary.Question) -> Any:
    """Ask; Ctrl-D at the end of the line, or at a list, ends the input."""
    ending, asking = KeyBindings(), question.application
    behind = Condition(lambda: asking.current_buffer.document.is_cursor_at_the_end)

    @ending.add("c-d", filter=behind, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    asking.key_bindings = merge_key_bindings([asking.key_bindings or KeyBindings(), ending])
    with _from_now_on():
        return question.unsafe_ask()


@contextmanager
def _from_now_on() -> Iterator[None]:
    """Discard what was typed before the question was shown: it cannot be the answer to it.

    The end of the input is kept. A program without input for us, such as `script </dev/null`, sends
    a single Ctrl-D, which must not get lost.
    """
    if os.name != "posix":
        yield
        return
    import termios
    import tty

    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, termios.error) as error:  # it has hung up
        raise EOFError from error
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        if ENDS.intersection(_typed(terminal)):
            raise EOFError
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _typed(terminal: int) -> bytes:
    typed = b""
    with suppress(OSError):  # it has hung up, as the question will notice
        while select([terminal], [], [], 0)[0] and (more := os.read(terminal, 4096)):
            typed += more
    return typed


def _stderr() -> object:
    return create_output(stdout=sys.stderr)
