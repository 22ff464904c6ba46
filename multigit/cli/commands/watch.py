"""multigit watch: follow the deployments of an operation."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def watch(
    operation: o.Operation = None,
    *,
    web: Annotated[
        bool, typer.Option("--web", help="Open the pages of the runs in the browser instead.")
    ] = False,
    running: o.RunningLong,
) -> int:
    """Follow an operation's deployments until they finish.

    Starts nothing. The log records results that it does not have yet.

    Examples:
      multigit watch
      multigit watch --web
      multigit watch 20250115T150130Z-promote-stg-main-7f3a
    """
    from multigit.cli.showing import show, show_runs
    from multigit.operation import watching
    from multigit.operation.pages import run_pages

    session = running.session()
    if web:
        return show_runs(session.screen, run_pages(session, operation))
    return show(session, watching.watch(session, operation))
