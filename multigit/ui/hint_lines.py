"""Hints in the width of the terminal, with commands that can be pasted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.style import Style
from rich.text import Text

from multigit.core.values.text import masked, visible
from multigit.phrase import Phrase, Typed, parts_of
from multigit.ui.local_times import local
from multigit.ui.render import Prose, broken

Unit = list[str]  # what stays together: a word, or a command with the punctuation around it
PUNCTUATION = ".,;:"


@dataclass(frozen=True, slots=True)
class Flowing:
    """A text with commands. Prose is wrapped; a command never is, nor is an address or a path.

    One that is longer than the line has a line of its own, which only the terminal wraps: copied,
    it is still one line. What is printed must not be cropped.
    """

    text: str
    indent: int = 0
    style: str | Style = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield each line."""
        del console
        yield from self.lines(options.max_width)

    def lines(self, width: int) -> Iterator[Text]:
        """Yield each line of a text that is shown in so many columns."""
        text = visible(masked(local(self.text)))
        for line in _lines(_units(text), width - self.indent):
            runs = ((typed, "".join(run)) for typed, run in groupby(line, _is_typed))
            words = ((text, "cyan" if typed else self.style) for typed, text in runs)
            yield Text.assemble(" " * self.indent, *words, no_wrap=True, overflow="ignore")


def ending(sentence: str, hint: str) -> RenderableType:
    """Return the last words of a command: the summary, and below it the hint."""
    return Group(Prose(Text(visible(local(sentence)), "bold")), *hint_lines(hint))


def hint_lines(hint: str, indent: int = 0, style: str = "") -> list[RenderableType]:
    """Return what to run next, if there is something."""
    return [Flowing(Phrase("Hint: ", hint), indent, style)] if hint else []


def _units(text: str) -> Iterator[Unit]:
    """Yield what must not be separated."""
    unit: Unit = []
    for part in parts_of(text):
        if isinstance(part, Typed):
            unit.append(part)
            continue
        first, *others = part.split(" ")
        unit.append(first)
        for word in others:
            yield unit
            unit = [word]
    yield unit


def _lines(units: Iterator[Unit], width: int) -> Iterator[Unit]:
    """Yield the texts of each line."""
    line: Unit = []
    for unit in units:
        if _columns(line) + bool(line) + _columns(unit) <= width:
            line += [" ", *unit] if line else unit
            continue
        if line:
            yield line
        *full, line = _pieces(unit, width)
        yield from full
    if line:
        yield line


def _pieces(unit: Unit, width: int) -> Sequence[Unit]:
    """Return a unit in lines; a command that is too long has one without what follows it.

    An address that is too long has one, too.
    """
    if _columns(unit) <= width:
        return [unit]
    command = next((place for place, text in enumerate(unit) if isinstance(text, Typed)), None)
    if command is None:
        return [[piece] for piece in broken("".join(unit), width)]
    rest = "".join(unit[command + 1 :]).lstrip(PUNCTUATION)
    return [unit[: command + 1], [rest] if rest else []]


def _is_typed(text: str) -> bool:
    return isinstance(text, Typed)


def _columns(texts: Unit) -> int:
    return sum(map(cell_len, texts))
