"""Questions, asked on standard error and answered at a terminal. Nothing else may wait.

Each raises EOFError where the terminal is at its end: nobody answers there any more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

import questionary
from prompt_toolkit.output import create_output


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
    _forget_typed()
    ticked = questionary.checkbox(
        "Checklist",
        instruction="(space ticks, enter continues)",
        choices=list(items),
        output=_stderr(),
    ).unsafe_ask()
    return set(ticked) == set(items)


def _line(question: str) -> str:
    _forget_typed()
    return str(questionary.text(question, output=_stderr()).unsafe_ask()).strip()


def _forget_typed() -> None:
    """Drop what was typed before the question: it answers something that nobody had seen yet."""
    with suppress(ImportError, OSError, ValueError):
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _stderr() -> object:
    return create_output(stdout=sys.stderr)
