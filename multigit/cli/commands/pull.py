"""multigit pull: bring a stage's branch up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def pull(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage to update.")],
    switch: Annotated[
        bool,
        typer.Option("--switch", help="Also check out the branch where the work tree is clean."),
    ] = False,
    *,
    chosen: o.Chosen,
    dry_run: o.DryRun = False,
    running: o.Running,
) -> int:
    """Clone missing repositories and fast-forward a stage's branch in the others.

    Reports local changes and diverged branches, and never touches them.

    Examples:
      multigit pull dev
      multigit pull main --switch
    """
    from multigit.core.planning.pull import PullRequest
    from multigit.core.reports.document import document
    from multigit.core.values.stage_names import stage_called
    from multigit.operation import pulling

    session = running.session()
    repos = chosen.of(session.workspace)
    request = PullRequest(
        stage_called(stage, session.workspace, repos), session.start_time, repos, switch
    )
    report = pulling.pull(session, request, dry_run=dry_run)
    session.screen.pull(report)
    session.screen.document(document(report))
    return report.exit_code
