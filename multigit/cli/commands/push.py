"""multigit push: the work on a stage's branch."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o
from multigit.cli.completion import complete_target


def push(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage whose branch to push.")],
    *,
    message: o.Message = None,
    promote: Annotated[
        str | None,
        typer.Option(
            "--promote",
            metavar="TARGET",
            help="Then promote to this stage.",
            autocompletion=complete_target,
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="FILE", help="Commit this file anyway (repeatable)."),
    ] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Skip commit hooks, like git commit --no-verify.")
    ] = False,
    chosen: o.Chosen,
    confirmation: o.Confirmation,
    checklist_done: o.ChecklistDone = False,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    roll_forward: o.RollForward = False,
    accept_doubt: o.AcceptDoubt = False,
    on_hold: o.OnHold,
    no_wait: o.NoWait = False,
    running: o.RunningLong,
) -> int:
    """Commit and push the work on a stage's branch in every repository.

    Commits changes where the branch is checked out, and pushes its unpushed commits everywhere.
    Files that look like secrets and very large files require --allow.

    Examples:
      multigit push dev -m "feat: orders by date"
      multigit push dev --promote stg
      multigit push main -m "hotfix: time-out on upload"
    """
    from multigit.cli.showing import show
    from multigit.core.planning.push_request import PushRequest, push_message, strict_stage
    from multigit.core.planning.routes import hop, is_promotion
    from multigit.core.values.stage_names import stage_called
    from multigit.operation import pushing
    from multigit.operation.asking import asked_later

    o.require_one_decision(accept_reverts=accept_reverts, roll_forward=roll_forward)
    override = on_hold.given()
    session = running.session()
    space = session.workspace
    repos = chosen.of(space)
    here = stage_called(stage, space, repos)
    there = stage_called(promote, space, repos) if promote else None
    forward = there is not None and is_promotion(space, here, there, repos)
    later = asked_later(session.screen, message, strict_stage(here, there if forward else None))
    passed_on = message if there and there.require_message else None
    promotion = (
        hop(space, here, there, passed_on, forward=forward, asked_later=later) if there else None
    )
    request = PushRequest(
        stage=here,
        message=push_message(here, message, asked_later=later),
        start_time=session.start_time,
        repos=repos,
        promotion=promotion,
        allow=tuple(allow or ()),
        verify=not no_verify,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        roll_forward=roll_forward,
        wait=not no_wait,
    )
    consent = confirmation.consent(
        space, repos, checklist_done=checklist_done, accept_doubt=accept_doubt, override=override
    )
    return show(session, pushing.push(session, request, consent))
