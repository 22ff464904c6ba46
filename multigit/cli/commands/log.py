"""multigit log: the deployment log."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def log(
    *,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            "-s",
            metavar="STAGE",
            help="Only what moved its branch, or was to.",
            autocompletion=o.complete_stage,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", "-l", min=0, metavar="N", help="How many, the newest; 0 for all."
        ),
    ] = 20,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All of them.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no line was changed, cut or moved.")
    ] = False,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="Verify against the deploy tags on the remotes, too."),
    ] = False,
    running: o.Running,
) -> int:
    """Show what was done when, by whom, and how it ended.

    Examples:
      multigit log --stage main -n 5
      multigit log --verify --remote
      multigit log --json --all
    """
    from multigit.core.reports.log_report import log_document
    from multigit.operation.reading import LogRequest, read_log
    from multigit.operation.unfinished import say_unfinished

    session = running.session()
    here = session.workspace.stage(stage) if stage is not None else None
    request = LogRequest(here, 0 if everything else limit, verify or remote, remote)
    seen = read_log(session, request)
    unfinished = say_unfinished(session)
    session.screen.log(seen)
    session.screen.document({**log_document(seen), **unfinished})
    return seen.exit_code
