"""multigit pull: bring a stage's branch up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def pull(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage whose branch to bring up to date.")],
    switch: Annotated[
        bool, typer.Option("--switch", help="Also check the branch out where nothing is changed.")
    ] = False,
    *,
    chosen: o.Chosen,
    dry_run: o.DryRun = False,
    running: o.Running,
) -> int:
    """Clone what is missing and fast-forward a stage's branch in every repository.

    Local changes and branches that went another way are reported, never touched.

    Examples:
      multigit pull dev
      multigit pull main --switch
    """
    from multigit.core.planning.pull import PullRequest
    from multigit.core.reports.document import document
    from multigit.operation import pulling

    session = running.session()
    repos = chosen.of(session.workspace)
    request = PullRequest(session.workspace.stage(stage), session.moment, repos, switch)
    report = pulling.pull(session, request, dry_run=dry_run)
    session.screen.pull(report)
    session.screen.document(document(report))
    return report.exit_code
