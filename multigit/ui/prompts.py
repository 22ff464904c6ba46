"""Questions, asked on standard error and answered at a terminal. Nothing else may wait.

Each raises EOFError where the terminal is at its end: nobody answers there any more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import questionary
from prompt_toolkit.output import create_output


def agree(question: str) -> bool:
    """Ask for yes or no; the default is no. Raises KeyboardInterrupt on Ctrl-C."""
    return bool(questionary.confirm(question, default=False, output=_stderr()).unsafe_ask())


def type_word(word: str, purpose: str) -> bool:
    """Ask to type a word; anything else is a no. Raises KeyboardInterrupt on Ctrl-C."""
    question = f"Type {word} to {purpose}:"
    return str(questionary.text(question, output=_stderr()).unsafe_ask()).strip() == word


def type_message(stage: str) -> str:
    """Ask for the message that a stage wants; may be empty. Raises KeyboardInterrupt on Ctrl-C."""
    question = f"Message for {stage}, what changes and why (empty cancels):"
    return str(questionary.text(question, output=_stderr()).unsafe_ask()).strip()


def tick_all(items: Sequence[str]) -> bool:
    """Ask to tick a checklist; True only when all are. Raises KeyboardInterrupt on Ctrl-C."""
    ticked = questionary.checkbox(
        "Checklist",
        instruction="(space ticks, enter goes on)",
        choices=list(items),
        output=_stderr(),
    ).unsafe_ask()
    return set(ticked) == set(items)


def _stderr() -> object:
    return create_output(stdout=sys.stderr)
