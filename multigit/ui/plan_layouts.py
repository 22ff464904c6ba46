"""The rows of a plan at any width: a table with as much as fits, or a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from multigit.ui.names import distinct
from multigit.ui.render import (
    UNLIMITED,
    beside,
    indented,
    natural_width,
    one_line,
    present,
    table,
)

NAME, PLAN = 20, 18  # columns of a name and of what is done, before these are cut or wrapped
WHOLE, READABLE, LEAST = 40, 24, 16  # columns of a subject that others leave to it


@dataclass(frozen=True, slots=True)
class Row:
    """What a branch of a repository gets, or what else is done there; `first` of its repository."""

    repo: str
    plan: Text
    first: bool = True
    ids: str = ""
    commits: str = ""
    files: str = ""
    subject: str = ""
    age: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns a table has, and how much of a subject it must have room for."""

    subject: int
    ids: bool = False
    ages: bool = False
    wraps: bool = False  # the last column, if it is long
    name: int = UNLIMITED


LAYOUTS = (
    Columns(WHOLE, ids=True, ages=True),
    Columns(READABLE, ages=True),
    Columns(LEAST),
    Columns(LEAST, wraps=True),
)


def moves_view(rows: Sequence[Row], width: int) -> RenderableType:
    """Return the table with the most facts that has room, or else a list.

    Commit ids are left out first, then ages. Names are cut last.
    """
    for layout in (*LAYOUTS, _with_cut_names(rows, width)):
        if layout and natural_width(plan_table(rows, layout, least=True)) <= width:
            return plan_table(rows, layout)
    return plan_list(rows, width)


def _with_cut_names(rows: Sequence[Row], width: int) -> Columns | None:
    """Return the smallest layout with names that fit, if these are long enough to be read."""
    least = LAYOUTS[-1]
    longest = max(cell_len(row.repo) for row in rows)
    room = longest + width - natural_width(plan_table(rows, least, least=True))
    return Columns(least.subject, wraps=True, name=room) if room >= NAME else None


def plan_table(rows: Sequence[Row], layout: Columns, *, least: bool = False) -> Table:
    """Return one row per repository, or per branch if several move.

    With `least`, subjects have no more room than the layout requires.
    """
    lines, names = table(), distinct((row.repo for row in rows), layout.name)
    subject = min(layout.subject, max(cell_len(row.subject) for row in rows))
    ids, ages = (
        wanted and any(cells)
        for wanted, cells in (
            (layout.ids, [row.ids for row in rows]),
            (layout.ages, [row.age for row in rows]),
        )
    )
    wraps = layout.wraps and max(row.plan.cell_len for row in rows) > PLAN
    lines.add_column("repo", no_wrap=True)
    if ids:
        lines.add_column("from → to", no_wrap=True)
    lines.add_column("commits", justify="right", no_wrap=True)
    lines.add_column("files", justify="right", no_wrap=True)
    if subject:
        lines.add_column("newest", width=max(subject, len("newest")) if least else None)
    if ages:
        lines.add_column("age", justify="right", no_wrap=True)
    # Folded, not cut: what differs between two tags is at their end.
    lines.add_column("plan", no_wrap=not wraps, width=PLAN if wraps else None, overflow="fold")
    for row in rows:
        cells = [
            *([row.ids] if ids else []),
            row.commits,
            row.files,
            *([row.subject] if subject else []),
            *([row.age] if ages else []),
        ]
        name = names[row.repo] if row.first else ""
        lines.add_row(name, *(one_line(present(cell)) for cell in cells), row.plan)
    return lines


def plan_list(rows: Sequence[Row], width: int) -> RenderableType:
    """Return up to three lines per branch that moves, for a terminal too narrow for any table."""
    names = distinct((row.repo for row in rows), width)
    return Group(*chain.from_iterable(_item(row, names[row.repo], width) for row in rows))


def _item(row: Row, name: str, width: int) -> Iterator[RenderableType]:
    yield from beside(Text(name, "bold"), row.plan, width)
    if row.ids:
        counted = (("commits", row.commits), ("files", row.files))
        counts = "  ".join(f"{what} {n}" for what, n in counted if n)
        facts = Text("  ".join(filter(None, (row.ids, counts))))
        fits = facts.cell_len <= width - 2
        yield indented(facts if fits else Text(counts or row.ids))
    if row.subject:
        ending = Text(f" · {_ago(row.age)}" if row.age else "", "dim")
        room = width - 2 - ending.cell_len
        subject = Text(row.subject)
        if room < min(subject.cell_len, LEAST):
            room, ending = width - 2, Text()
        subject.truncate(room, overflow="ellipsis")
        yield indented(one_line(Text.assemble(subject, ending)))


def _ago(age: str) -> str:
    return "just now" if age == "now" else f"{age} ago"
