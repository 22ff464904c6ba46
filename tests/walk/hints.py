"""The commands that a hint proposes, as one would type them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.walk.town import REPOS, STAGES

REASON = "tried"  # for which a walk overrides a rule
_COMMANDS = (
    "continue|undo|abandon|watch|log|mark|status|promote|push|pull|deploy|backmerge|rollback|doctor"
    "|lock"
)
_COMMAND = re.compile(rf"\bmultigit ({_COMMANDS})\b(?=(.*))")
_WORD = re.compile(
    "|".join(
        (
            *STAGES,
            *REPOS,
            r"--?[a-z][a-z-]*",
            r"(?:stg-)?deploy-\d{8}-\d{6}(?:-\d+)?",
            "release",
            "bad_release",
            REASON,
            r"[0-9a-f]{16}",
            '"why"',
            r"\d{8}T\d{6}Z-[a-z]+-[a-z-]+-[0-9a-f]{4}",
            r"STAGE|RELEASE|OPERATION|NAME",
        )
    )
)
_PLACEHOLDER = re.compile(r"\b(STAGE|RELEASE|OPERATION|NAME)\b")
_ADDED = re.compile(r': (--[a-z][a-z-]*(?: (?:--[a-z][a-z-]*|bad_release|restore|"why"))*)')
CONSENTING = {"promote", "push", "backmerge", "deploy", "continue", "undo", "rollback"}


def proposed(hint: str) -> Iterator[tuple[str, ...]]:
    """Yield the words after `multigit` of each command in a hint that can be run as it is."""
    for found in _COMMAND.finditer(hint):
        words = [found[1]]
        for word in found[2].split() if found[2].startswith(" ") else ():
            bare = word.rstrip(".,;:)")
            if not _WORD.fullmatch(bare):
                break
            words.append(bare.strip('"'))
            if bare != word:
                break
        if not any(_PLACEHOLDER.fullmatch(word) for word in words):
            yield tuple(words)


def added(hint: str) -> Iterator[tuple[str, ...]]:
    """Yield the options that a hint proposes to add to the command that printed it."""
    for found in _ADDED.finditer(hint):
        yield tuple(word.strip('"') for word in found[1].split())


def agreed(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command with the `--yes` that a person would answer."""
    if words[0] in CONSENTING and "--yes" not in words and "--dry-run" not in words:
        return (*words, "--yes")
    return words
