"""What a host that starts workflows learns from a push: changed files, and the commit's message."""

from __future__ import annotations

import re
from dataclasses import dataclass

# GitHub's words, see docs.github.com, "Skipping workflow runs".
_INSTRUCTION = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]")
_TRAILER = re.compile(r"skip-checks: ?true")


@dataclass(frozen=True, slots=True)
class Pushed:
    """A commit that is pushed to a branch whose tip was its first parent.

    `paths` differ between the two, with both names of a renamed file; `commits` counts those that
    the branch lacked.
    """

    message: str
    paths: tuple[str, ...]
    commits: int


def skip_instruction(message: str) -> tuple[str, bool]:
    """Return what in the message of a pushed commit keeps workflows from starting, or empty.

    Also whether it certainly does: a trailer should come after two empty lines, which git removes.
    """
    if found := _INSTRUCTION.search(message):
        return found[0], True
    text, _, last = message.rstrip().rpartition("\n")
    return (last, text.endswith("\n\n")) if text and _TRAILER.fullmatch(last) else ("", False)


def without_instructions(text: str) -> str:
    """Return a text of one line without what would keep workflows from starting."""
    return " ".join(_INSTRUCTION.sub(" ", text).split())
