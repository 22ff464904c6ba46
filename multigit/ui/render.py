"""How text and tables look: safe for the terminal, within its width, without lines."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, cast

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from multigit.core.values.text import visible
from multigit.ui.streams import SafeStream

NARROW, UNLIMITED = 80, 100_000
ABSENT = "\N{EN DASH}"


def console(stream: SafeStream, *, color: bool) -> Console:
    """Return a console on the stream; 80 columns wide without a terminal or COLUMNS."""
    return Console(
        file=cast("IO[str]", stream),
        no_color=None if color else True,
        width=None if stream.isatty() or os.environ.get("COLUMNS") else NARROW,
        emoji=False,
        markup=False,
        highlight=False,
    )


def plain(text: str, style: str = "") -> Text:
    """Return text from outside as one line that cannot steer the terminal."""
    return Text(visible(text), style=style)


def one_line(text: Text) -> Text:
    """Return text that is cut with … in a narrow column, instead of being wrapped."""
    text.no_wrap = True
    text.overflow = "ellipsis"
    return text


def ending(sentence: str, hint: str) -> Text:
    """Return the last words of a command: the summary and, on a line of its own, the hint."""
    more = f"\nHint: {visible(hint)}" if hint else ""
    return Text.assemble((visible(sentence), "bold"), more)


def table(*, header: bool = True) -> Table:
    """Return a table without lines. Where it is narrow, only columns that may wrap shrink."""
    return Table(
        box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=header, header_style="dim"
    )


@dataclass(frozen=True, slots=True)
class Fitting:
    """A renderable, or a narrower one if the first would be cut.

    The first fits when there is room for it, or for `measured` with `spare` more columns.
    """

    wide: RenderableType
    narrow: RenderableType
    measured: RenderableType | None = None
    spare: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the one that fits."""
        unlimited = options.update(width=UNLIMITED)
        wanted = Measurement.get(console, unlimited, self.wide).maximum
        if self.measured:
            wanted = min(
                wanted, Measurement.get(console, unlimited, self.measured).maximum + self.spare
            )
        yield self.wide if wanted <= options.max_width else self.narrow


def indented(renderable: RenderableType, by: int = 2) -> Padding:
    """Return the renderable indented, without trailing blanks."""
    return Padding(renderable, (0, 0, 0, by), expand=False)
