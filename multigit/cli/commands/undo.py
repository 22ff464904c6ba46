"""multigit undo: take back what an operation published."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def undo(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION",
            help="Its id or its release's tag; the unfinished or the last if left out.",
        ),
    ] = None,
    *,
    asking: o.Asking,
    running: o.Running,
) -> int:
    """Take back what an operation published, where nobody has built on it yet.

    Each branch goes back to where it was and the tag is deleted, both in one atomic push, and
    only while they still hold what the operation wrote. Your own commits stay in your clones.

    Examples:
      multigit undo --dry-run
      multigit undo deploy-20250115-150130
    """
    from multigit.cli.showing import show
    from multigit.operation import undoing

    session = running.session()
    return show(session, undoing.undo(session, operation, asking.consent()))
