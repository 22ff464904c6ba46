"""multigit deploy: what a stage contains, or an earlier release."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.cli.completion import complete_release


def deploy(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage to deploy.")],
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="RELEASE",
            help="A deploy tag; default: what the branch contains now.",
            autocompletion=complete_release,
        ),
    ] = None,
    *,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed", help="Only repositories whose last deployment to the stage failed."
        ),
    ] = False,
    chosen: o.Chosen,
    confirmation: o.Confirmation,
    skip_blocked: o.SkipBlocked = False,
    accept_doubt: o.AcceptDoubt = False,
    overrides: o.Overrides,
    release_hold: o.ReleaseHold = False,
    no_wait: o.NoWait = False,
    running: o.RunningLong,
) -> int:
    """Deploy what a stage contains, or an earlier release of it. Moves no branch and no tag.

    Examples:
      multigit deploy stg
      multigit deploy main --failed
      multigit deploy main deploy-20250115-150130 -r api
    """
    from multigit.cli.showing import show
    from multigit.core.planning.deploy import DeployRequest
    from multigit.core.values.stage_names import stage_called
    from multigit.operation import deploying

    if release == "":
        raise errors.UsageError(
            "The release is empty: is a variable not set?",
            hint="Omit it to deploy what the branch contains.",
            code="empty_release",
        )
    override = overrides.given(release_hold=release_hold)
    session = running.session()
    repos = chosen.of(session.workspace)
    request = DeployRequest(
        stage=stage_called(stage, session.workspace, repos),
        start_time=session.start_time,
        repos=repos,
        release=release or "",
        skip_blocked=skip_blocked,
        wait=not no_wait,
        override=override,
    )
    consent = confirmation.consent(
        session.workspace, repos, accept_doubt=accept_doubt, override=override
    )
    return show(session, deploying.deploy(session, request, consent, failed=failed))
