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
    json: o.Json = False,
    jobs: o.Jobs = None,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Come back to the deployments of an operation, and watch them to their end.

    Starts nothing. How they end is added to the log when nobody had seen it yet.

    Examples:
      multigit watch
      multigit watch 20250115T150130Z-promote-stg-main-7f3a
    """
    from multigit.operation.session import Session
    from multigit.operation.watch import watch_again

    return watch_again(Session.open(o.Common(config, json, no_color, jobs)), operation)
