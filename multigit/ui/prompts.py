"""Questions, asked on standard error and answered at a terminal. Nothing else may wait.

Each raises EOFError where the terminal is at its end: nobody answers there any more.
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


def agree(question: str) -> bool:
    """Ask for yes or no, as a whole line; the default is no. Raises KeyboardInterrupt on Ctrl-C."""
    return _line(f"{question} (y/N)").lower() in {"y", "yes"}


def type_word(word: str, purpose: str) -> bool:
    """Ask to type a word; anything else is a no. Raises KeyboardInterrupt on Ctrl-C."""
    return _line(f"Type {word} to {purpose}:") == word


def type_message(stage: str) -> str:
    """Ask for the message that a stage wants; may be empty. Raises KeyboardInterrupt on Ctrl-C."""
    return _line(f"Message for {stage}, what changes and why (empty cancels):")


def tick_all(items: Sequence[str]) -> bool:
    """Ask to tick a checklist; True only when all are. Raises KeyboardInterrupt on Ctrl-C."""
    checklist = questionary.checkbox(
        "Checklist",
        instruction="(space ticks, enter continues)",
        choices=list(items),
        output=_stderr(),
    )
    return set(_answer(checklist)) == set(items)


def _line(question: str) -> str:
    return str(_answer(questionary.text(question, output=_stderr()))).strip()


def _answer(question: questionary.Question) -> Any:
    """Ask; Ctrl-D behind all that was typed, or at a list, is the end of the terminal."""
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
    """Forget what was typed before the question: it answers something that nobody had seen yet.

    Not so the end of the input. A program that has none for us, such as `script </dev/null`, says
    so once, with a Ctrl-D; that must not get lost on the way to reading single keys, nor before.
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
    """Take what was typed already."""
    typed = b""
    with suppress(OSError):  # it has hung up, as the question will find
        while select([terminal], [], [], 0)[0] and (more := os.read(terminal, 4096)):
            typed += more
    return typed


def _stderr() -> object:
    return create_output(stdout=sys.stderr)
