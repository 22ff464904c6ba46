"""The repositories that multigit init found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.values.text import visible
from multigit.hints import Hint
from multigit.ui.render import ABSENT, indented, plain, table


class ListedRepo(Protocol):
    """A repository that was found on disk."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def path(self) -> str:
        """Its folder, relative to the one searched."""

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches that could belong to a stage."""

    @property
    def note(self) -> str:
        """What is unusual about it, or empty."""


def found_view(found: Sequence[ListedRepo], target: Path, *, elsewhere: str) -> RenderableType:
    """Return the repositories with their stages' branches, and what to run next.

    `elsewhere` is the option that a command needs when the file is in another folder.
    """
    rows = table()
    rows.add_column("repo", overflow="ellipsis", no_wrap=True, max_width=20)
    rows.add_column("path", overflow="fold")
    rows.add_column("branches", overflow="fold")
    for repo in found:
        branches = Text(visible(", ".join(repo.branches) or ABSENT))
        if repo.note:
            branches.append(f"  {visible(repo.note)}", "yellow")
        rows.add_row(plain(repo.name), plain(repo.path), branches)
    return Group(
        indented(rows),
        Text(),
        Text(
            Hint.INIT_DONE.format(file=visible(str(target)), elsewhere=visible(elsewhere)), "bold"
        ),
    )
