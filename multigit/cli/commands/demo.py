"""multigit demo: a release in a sandbox, with every command shown before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multigit import errors
from multigit.cli import options as o


def demo(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="An empty or new folder; default: a temporary one."),
    ] = None,
    no_color: o.NoColor = False,
) -> int:
    """Create five services with real remotes in a sandbox and release them, step by step.

    Touches nothing outside the sandbox, and keeps it so that you can continue from there.

    Examples:
      multigit demo
      multigit demo /tmp/shop
    """
    from multigit.operation.demonstration import demonstrate
    from multigit.ui.screen import Screen

    root, extra = context.find_root().command, ["--no-color"] if no_color else []
    demonstrate(
        folder,
        Screen(color=not no_color),
        lambda words: int(root.main([*words, *extra], prog_name="multigit", standalone_mode=False)),
    )
    return errors.OK
