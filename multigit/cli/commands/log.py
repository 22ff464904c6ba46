"""multigit log: the deployment log."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o
from multigit.cli.completion import complete_stage


def log(
    *,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            "-s",
            metavar="STAGE",
            help="Only operations on this stage.",
            autocompletion=complete_stage,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            "-n",
            "-l",
            min=0,
            metavar="N",
            help="Number of records, newest first; 0 for all.",
        ),
    ] = 20,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Show all records.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no line was changed, removed or reordered.")
    ] = False,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="Also check against the deploy tags on the remotes."),
    ] = False,
    running: o.Running,
) -> int:
    """Show who did what and when, and how it ended.

    Examples:
      multigit log --stage main -n 5
      multigit log --verify --remote
      multigit log --json --all
    """
    from multigit.core.reports.log_report import log_document
    from multigit.core.values.stage_names import stage_called
    from multigit.operation.reading import read_log
    from multigit.operation.unfinished import say_unfinished

    session = running.session()
    space = session.workspace
    here = stage_called(stage, space, space.repos).name if stage is not None else None
    count = 0 if everything else limit
    seen = read_log(session, here, count, verify=verify, remote=remote)
    unfinished = say_unfinished(session)
    session.screen.log(seen)
    session.screen.document({**log_document(seen), **unfinished})
    return seen.exit_code
