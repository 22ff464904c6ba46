"""multigit abandon: close an unfinished operation as it is."""

from __future__ import annotations

from multigit.cli import options as o


def abandon(running: o.Running) -> int:
    """Close the unfinished operation as is. Touches no ref; the log records what was left undone.

    Examples:
      multigit abandon
    """
    from multigit.cli.showing import show
    from multigit.operation.recovery import abandon as close

    session = running.session()
    return show(session, close(session))
