"""multigit undo: undo what an operation published."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o
from multigit.cli.completion import complete_undo


def undo(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION",
            help="Operation id or release tag; default: the unfinished or last one.",
            autocompletion=complete_undo,
        ),
    ] = None,
    *,
    confirmation: o.Confirmation,
    running: o.RunningLong,
) -> int:
    """Undo what an operation published, where no one has built on it yet.

    Moves each branch back and deletes the tag in one atomic push, and only while they still point
    to what the operation wrote. Your own commits stay in your clones.

    Examples:
      multigit undo --dry-run
      multigit undo deploy-20250115-150130
    """
    from multigit.cli.showing import show
    from multigit.operation import undoing

    session = running.session()
    consent = confirmation.consent(session.workspace, session.workspace.repos)
    return show(session, undoing.undo(session, operation, consent))
