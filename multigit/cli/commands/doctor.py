"""multigit doctor: what would stop multigit here."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def doctor(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REPO", help="Only these repositories.", autocompletion=o.complete_repo
        ),
    ] = None,
    *,
    chosen: o.Chosen,
    running: o.Running,
) -> int:
    """Find out what would stop multigit here, before it does, and what to do about it.

    Pushes are only rehearsed. Where locks across machines are configured, one is set and released.

    Examples:
      multigit doctor
      multigit doctor api database --json
    """
    from multigit.core.reports.findings import health_document, health_exit_code
    from multigit.operation.checking import check

    session = running.session()
    repos = chosen.of(session.workspace, *(names or ()))
    findings = check(session, repos, jobs=running.jobs)
    session.screen.health(findings, len(repos))
    session.screen.document(health_document(findings, len(repos)))
    return health_exit_code(findings)
