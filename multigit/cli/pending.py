"""The unfinished operation in one line: for shell prompts, which wait for it."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from multigit.errors import OK
from multigit.operation.pending import pending


def show_pending(config: Path | None = None, *, json: bool = False) -> int:
    """Show the unfinished operation of the workspace, if any."""
    operation, line = pending(config)
    if json:
        _document(operation, line)
    elif line:
        typer.echo(line)
    return OK


def _document(operation: str, line: str) -> None:
    from multigit.adapters.system.actors import attended
    from multigit.core.reports.document import frame
    from multigit.ui.screen import Screen

    screen = Screen(json_wanted=True, attended=attended(os.environ))
    if line:
        screen.say(line)
    screen.document(frame("status", line, operation=None, unfinished=operation or None))
