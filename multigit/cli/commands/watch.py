"""multigit watch: come back to the deployments of an operation."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def watch(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION", help="Its id or its release's tag; the last if left out."
        ),
    ] = None,
    *,
    running: o.Running,
) -> int:
    """Come back to the deployments of an operation, and watch them to their end.

    Starts nothing. How they end is added to the log when nobody had seen it yet.

    Examples:
      multigit watch
      multigit watch 20250115T150130Z-promote-stg-main-7f3a
    """
    from multigit.cli.showing import show
    from multigit.operation import watching

    session = running.session()
    return show(session, watching.watch(session, operation))
