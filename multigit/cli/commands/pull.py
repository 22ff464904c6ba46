"""multigit pull: bring a stage's branch up to date."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from multigit.cli import options as o


def pull(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage whose branch to bring up to date.")],
    switch: Annotated[
        bool, typer.Option("--switch", help="Also check the branch out where nothing is changed.")
    ] = False,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    dry_run: o.DryRun = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Clone what is missing and fast-forward a stage's branch in every repository.

    Local changes and branches that went another way are reported, never touched.

    Examples:
      multigit pull dev
      multigit pull main --switch
    """
    from multigit.core.planning.pull import PullRequest, plan_pull
    from multigit.engine.observe import look_at_pull, observe
    from multigit.operation.run import conduct_pull
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    chosen = session.select(o.selection(repos, groups, exclude))
    request = PullRequest(session.workspace.stage(stage), session.moment, chosen, switch)
    with nullcontext() if dry_run else session.exclusive("pull"):
        with session.screen.progress() as progress:
            look = look_at_pull(request)
            seen = observe(session.git, chosen, look, jobs=session.jobs, listener=progress)
        return conduct_pull(session, plan_pull(request, session.workspace, seen), dry_run=dry_run)
