"""multigit rollback: a stage goes back to an earlier release."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.cli.completion import complete_release


def rollback(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage to roll back.")],
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="RELEASE",
            help="The release to go back to; default: pick it from a list.",
            autocompletion=complete_release,
        ),
    ] = None,
    *,
    last_good: Annotated[
        bool,
        typer.Option(
            "--last-good",
            help="Go back to the last release that was deployed successfully and not marked bad.",
        ),
    ] = False,
    how: Annotated[
        str | None,
        typer.Option(
            "--how",
            metavar="HOW",
            help="redeploy: deploy the old commits again; restore: commit the old files on top. "
            "Default: what suits each repository.",
        ),
    ] = None,
    chosen: o.Chosen,
    confirmation: o.Confirmation,
    skip_blocked: o.SkipBlocked = False,
    accept_doubt: o.AcceptDoubt = False,
    override: o.OverrideCodes = None,
    reason: o.Reason = None,
    no_wait: o.NoWait = False,
    running: o.RunningLong,
) -> int:
    """Bring a stage back to an earlier release, in every repository.

    Where multigit starts the deployments, the old commits are deployed again and the stage is
    held: the next promotion has to release it. Elsewhere a new commit restores the old files.
    History only grows, and the next promotion brings back what was rolled back.

    Examples:
      multigit rollback main
      multigit rollback main --last-good --confirm main
      multigit rollback main deploy-20250115-150130 -r api --reason "it fails"
    """
    from multigit.cli.showing import show
    from multigit.core.planning.overrides import override_of
    from multigit.core.recovery.roll_back_request import how_named
    from multigit.core.values.stage_names import stage_called
    from multigit.operation import rolling_back
    from multigit.operation.way_back import RollBack

    if release == "" or (release and last_good):
        raise errors.UsageError(
            "The release is empty: is a variable not set?"
            if release == ""
            else "--last-good chooses the release, and one was named, too.",
            hint="Name a release, or pass --last-good.",
            code="empty_release" if release == "" else "contradictory_options",
        )
    session = running.session()
    repos = chosen.of(session.workspace)
    asked = RollBack(
        stage=stage_called(stage, session.workspace, repos),
        repos=repos,
        release=release or "",
        last_good=last_good,
        how=how_named(how),
        why=reason or "",
        override=override_of(override or (), reason, reason_alone=True),
        skip_blocked=skip_blocked,
        wait=not no_wait,
    )
    consent = confirmation.consent(session.workspace, repos, accept_doubt=accept_doubt)
    return show(session, rolling_back.roll_back(session, asked, consent))
