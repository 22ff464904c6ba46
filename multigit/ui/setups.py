"""The repositories that multigit init found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.text import visible
from multigit.hints import Hint
from multigit.ui.render import ABSENT, indented, plain, table


def found_view(found: Sequence[FoundRepo], target: Path, *, elsewhere: str) -> RenderableType:
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
    done = Hint.INIT_DONE.format(file=visible(str(target)), elsewhere=visible(elsewhere))
    return Group(indented(rows), Text(), Text(done, "bold"))
