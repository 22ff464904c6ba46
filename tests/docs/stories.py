"""The stories in the documents: their console blocks, in the order in which they run.

A story begins at a comment `<!-- sandbox` and ends at the next one or at the end of the document.
The lines of that comment run first and are not shown; so do those of a comment `<!-- meanwhile`,
in its place. In a block ```` ```console ```` each line that begins with `$ ` is a command (lines
with `> ` continue it), and the lines below are its output. A line `…` stands for any lines.

`<!-- sandbox` is the sandbox of `multigit demo`, with the workspace as current folder;
`<!-- empty sandbox` is an empty home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ANYTHING = "…"
_COMMENT = re.compile(r"<!-- (?P<kind>sandbox|empty sandbox|meanwhile)\b(?P<rest>.*)")
_FENCE = re.compile(r"```(?P<language>\w*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command and its output in the document; `hidden` if it is in a comment."""

    line: int
    text: str
    output: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(slots=True)
class Story:
    """Commands that run one after the other in one sandbox, and the blocks that show them.

    `blocks` are the line numbers, counted from 0, of the first and the last line inside a fence.
    """

    document: Path
    line: int
    empty: bool
    commands: list[Command] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the place of the story, such as tutorial.md:12."""
        return f"{self.document.name}:{self.line + 1}"


def documents() -> tuple[Path, ...]:
    """Return every document of the project."""
    names = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
    return (*(ROOT / name for name in names), *sorted((ROOT / "docs").glob("*.md")))


def stories(document: Path) -> list[Story]:
    """Return a document's stories."""
    found: list[Story] = []
    lines = document.read_text(encoding="utf-8").splitlines()
    for kind, start, end in _parts(lines):
        if kind.endswith("sandbox"):
            found.append(Story(document, start, empty=kind.startswith("empty")))
        if not found:
            raise ValueError(f"{document.name}:{start}: a console block before any sandbox")
        if kind == "console":
            found[-1].blocks.append((start, end))
            found[-1].commands += _shown(lines, start, end)
        else:
            found[-1].commands += [
                Command(start, text, hidden=True) for text in _hidden(lines[start : end + 1])
            ]
    return found


def _parts(lines: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield console blocks and our comments with their first and last line."""
    number = 0
    while number < len(lines):
        start = number
        if comment := _COMMENT.match(lines[start]):
            while "-->" not in lines[number]:
                number += 1
            yield comment["kind"], start, number
        elif fence := _FENCE.match(lines[start]):
            number += 1
            while not lines[number].startswith("```"):
                number += 1
            if fence["language"] == "console":
                yield "console", start + 1, number
        number += 1


def _hidden(lines: Sequence[str]) -> list[str]:
    """Return the script in a comment as one command, without the words of the first line."""
    script = "\n".join(lines[1:]).partition("-->")[0].strip()
    return [script] if script else []


def _shown(lines: Sequence[str], start: int, end: int) -> Iterator[Command]:
    number = start
    while number < end:
        at = number
        if not lines[at].startswith("$ "):
            raise ValueError(f"line {at + 1}: {lines[at]!r} is the output of no command")
        text, number = lines[at].removeprefix("$ "), number + 1
        while number < end and lines[number].startswith("> "):
            text, number = f"{text}\n{lines[number].removeprefix('> ')}", number + 1
        output = []
        while number < end and not lines[number].startswith("$ "):
            output.append(lines[number])
            number += 1
        while output and not output[-1]:
            output.pop()
        yield Command(at, text, tuple(output))
