"""How text and tables look: safe for the terminal, within its width, without lines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, cast

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from multigit.core.values.text import visible
from multigit.ui.streams import SafeStream

NARROW, UNLIMITED = 80, 100_000
GAP = 2  # columns between two of a table
ABSENT = "\N{EN DASH}"
_WORDS = re.compile(r"(\S+|(?=\s))(\s*)")


def console(stream: SafeStream, *, color: bool, width: int = NARROW) -> Console:
    """Return a console on the stream; `width` columns wide without a terminal or COLUMNS."""
    return Console(
        file=cast("IO[str]", stream),
        no_color=None if color else True,
        width=None if stream.isatty() or os.environ.get("COLUMNS") else width,
        emoji=False,
        markup=False,
        highlight=False,
    )


def plain(text: str, style: str = "") -> Text:
    """Return text from outside as one line that cannot steer the terminal."""
    return Text(visible(text), style=style)


def linked(text: str, url: str, style: str = "") -> Text:
    """Return text that leads to a web page where the terminal can show links (OSC 8)."""
    return Text(text, linked_style(url, style))


def linked_style(url: str, style: str = "") -> str | Style:
    """Return the style of text that leads to a web page; an address that could steer is none."""
    page = url.startswith(("https://", "http://")) and url == visible(url) and " " not in url
    return Style.parse(style) + Style(link=url) if page else style


def one_line(text: Text) -> Text:
    """Return text that is cut with … in a narrow column, instead of being wrapped."""
    text.no_wrap = True
    text.overflow = "ellipsis"
    return text


def table(*, header: bool = True) -> Table:
    """Return a table without lines. Where it is narrow, only columns that may wrap shrink."""
    return Table(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=header, header_style="dim"
    )


@dataclass(frozen=True, slots=True)
class Adaptive:
    """What is shown depends on how many columns there are."""

    choose: Callable[[int], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what fits."""
        del console
        yield self.choose(options.max_width)


def natural_width(lines: Table) -> int:
    """Return how many columns a table of texts takes if nothing in it is wrapped or cut."""
    widths = (
        each.width or max(_columns(cell) for cell in (each.header, *each.cells))
        for each in lines.columns
    )
    return sum(widths) + GAP * (len(lines.columns) - 1)


def _columns(cell: RenderableType) -> int:
    return max(map(cell_len, str(cell).split("\n")))


def present(text: str) -> Text:
    """Return the cell of a value, or that there is none."""
    return Text(text) if text else Text(ABSENT, "dim")


def beside(name: Text, fact: Text, width: int) -> Iterator[RenderableType]:
    """Yield a name and a fact on one line, or below each other if they do not fit."""
    line = Text.assemble(name, "  ", fact)
    if line.cell_len <= width:
        yield line
    else:
        yield name
        yield indented(Prose(fact))


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences, wrapped between words. An address or a path is never broken, so it can be copied.

    One that is longer than the line is wrapped by the terminal alone. What is printed must not be
    cropped.
    """

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield each line."""
        del console
        for paragraph in self.text.split(allow_blank=True):
            for line in paragraph.divide(_breaks(paragraph.plain, options.max_width)):
                line.rstrip()
                line.no_wrap, line.overflow = True, "ignore"
                yield line


def _breaks(text: str, width: int) -> Iterator[int]:
    """Yield where a new line begins in a text that is shown in so many columns."""
    taken = 0
    for found in _WORDS.finditer(text):
        word, blanks = found.groups()
        if taken and taken + cell_len(word) > width:
            yield found.start()
            taken = 0
        start = found.start()
        *full, rest = broken(word, width)
        for piece in full:
            start += len(piece)
            yield start
        taken += cell_len(rest) + len(blanks)


def broken(word: str, width: int) -> Sequence[str]:
    """Return a word in pieces of so many columns; an address or a path in one."""
    return [word] if "/" in word or not word else chop_cells(word, width)


@dataclass(frozen=True, slots=True)
class Indented:
    """Something below a margin. A line that is longer than the terminal is not cut."""

    renderable: RenderableType
    by: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield each line."""
        for line in uncut(self.renderable, options.max_width - self.by, console, options):
            if line:
                yield Segment(" " * self.by)
            yield from line
            yield Segment.line()


def indented(renderable: RenderableType, by: int = 2) -> Indented:
    """Return the renderable indented, without trailing blanks."""
    return Indented(renderable, by)


def uncut(
    renderable: RenderableType, width: int, console: Console, options: ConsoleOptions
) -> Iterator[list[Segment]]:
    """Yield the lines of something at this width, also those that are longer."""
    within = options.update(width=max(1, width), height=None)
    yield from Segment.split_lines(console.render(renderable, within))
