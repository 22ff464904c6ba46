"""multigit abandon: close an unfinished operation as it is."""

from __future__ import annotations

from multigit.cli import options as o


def abandon(running: o.Running) -> int:
    """Close the unfinished operation as it is. No ref is touched; the log says what was left.

    Examples:
      multigit abandon
    """
    from multigit.cli.showing import show
    from multigit.operation.recovery import abandon as close

    session = running.session()
    return show(session, close(session))
