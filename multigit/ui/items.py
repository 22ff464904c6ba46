"""Rows whose last cell is a sentence: a table, or a list where that leaves no room for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from multigit.ui.hint_lines import hint_lines
from multigit.ui.render import GAP, UNLIMITED, Adaptive, Prose, beside, indented, table, uncut

ROOM = 30  # columns of a sentence, at the least


@dataclass(frozen=True, slots=True)
class Item:
    """A row: short cells, a sentence or several, and below them a hint, which no cell can hold."""

    cells: tuple[Text, ...]
    body: RenderableType
    hint: str = ""


def items_view(items: Sequence[Item], limit: int = UNLIMITED) -> RenderableType:
    """Return the items; a cell of several words is wrapped beyond `limit` columns."""
    return Adaptive(partial(_fitting, items, limit)) if items else Group()


def _fitting(items: Sequence[Item], limit: int, width: int) -> RenderableType:
    columns = zip(*(each.cells for each in items), strict=True)
    widths = [
        min(
            max(cell.cell_len for cell in cells),
            max(limit, *(cell_len(word) for cell in cells for word in cell.plain.split())),
        )
        for cells in map(tuple, columns)
    ]
    room = width - sum(widths) - GAP * (len(widths) + 1)
    rows = partial(_row, widths) if room >= min(ROOM, _longest(items)) else partial(_item, width)
    return Group(*(line for each in items for line in rows(each)))


def _longest(items: Sequence[Item]) -> int:
    """Return how many columns the sentences have, if they are short."""
    return max(e.body.cell_len if isinstance(e.body, Text) else ROOM for e in items)


def _row(widths: Sequence[int], item: Item) -> Iterator[RenderableType]:
    yield indented(_Row(widths, item))
    yield from hint_lines(item.hint, 4, "dim")


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of an item, and its body beside them, which no table cuts."""

    widths: Sequence[int]
    item: Item

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield each line."""
        cells = table(header=False)
        for width in self.widths:
            cells.add_column(width=width)
        cells.add_row(*self.item.cells)
        taken = sum(self.widths) + GAP * len(self.widths)
        left = console.render_lines(cells, options.update(width=taken))
        body = self.item.body
        shown = Prose(body) if isinstance(body, Text) else body
        right = uncut(shown, options.max_width - taken, console, options)
        for start, line in zip_longest(left, right):
            yield from start or [Segment(" " * taken)]
            yield from line or ()
            yield Segment.line()


def _item(width: int, item: Item) -> Iterator[RenderableType]:
    name = Text("  ").join(item.cells)
    if isinstance(item.body, Text):
        yield from map(indented, beside(name, item.body, width - 2))
    else:
        yield from (indented(name), indented(item.body, 4))
    yield from hint_lines(item.hint, 4, "dim")
