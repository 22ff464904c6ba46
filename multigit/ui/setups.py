"""The repositories that multigit init found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.text import visible
from multigit.hints import Hint
from multigit.ui.hint_lines import Flowing
from multigit.ui.items import Item, items_view
from multigit.ui.render import ABSENT, Adaptive, Prose, indented, natural_width, plain, table


def found_view(found: Sequence[FoundRepo]) -> RenderableType:
    """Return the repositories with their stages' branches."""
    rows = table()
    for heading in ("repo", "path", "branches"):
        rows.add_column(heading, no_wrap=True)
    for repo in found:
        rows.add_row(plain(repo.name), plain(repo.path), _branches(repo))

    def fitting(width: int) -> RenderableType:
        fits = natural_width(rows) <= width - 2
        return indented(rows) if fits else items_view([*map(_item, found)])

    return Group(Adaptive(fitting), Text())


def configured_view(target: Path, *, elsewhere: str) -> RenderableType:
    """Return that the configuration was written, and what to run next.

    `elsewhere` is the option that a command needs when the file is in another folder.
    """
    done = Hint.INIT_DONE.format(file=visible(str(target)), elsewhere=visible(elsewhere))
    return Flowing(done, style="bold")


def _item(repo: FoundRepo) -> Item:
    return Item((plain(repo.name),), Group(Prose(plain(repo.path)), _branches(repo)))


def _branches(repo: FoundRepo) -> Text:
    branches = Text(visible(", ".join(repo.branches) or ABSENT))
    return branches.append(f"  {visible(repo.note)}" if repo.note else "", "yellow")
