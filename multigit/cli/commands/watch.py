"""multigit watch: follow the deployments of an operation."""

from __future__ import annotations

from multigit.cli import options as o


def watch(operation: o.Operation = None, *, running: o.RunningLong) -> int:
    """Follow an operation's deployments until they finish.

    Starts nothing. The log records results that it does not have yet.

    Examples:
      multigit watch
      multigit watch 20250115T150130Z-promote-stg-main-7f3a
    """
    from multigit.cli.showing import show
    from multigit.operation import watching

    session = running.session()
    return show(session, watching.watch(session, operation))
