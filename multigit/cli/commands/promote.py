"""multigit promote: merge one stage into the next."""

from __future__ import annotations

from typing import Annotated

from multigit.cli import options as o
from multigit.cli.completion import complete_target


def promote(
    source: Annotated[str, o.stage_argument("SOURCE", "The stage to promote.")],
    target: Annotated[
        str,
        o.stage_argument("TARGET", "The neighboring stage to merge into.", complete_target),
    ],
    *,
    message: o.Message = None,
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
    """Merge one stage into the next in every repository, then tag, push and deploy.

    Plans all repositories first, shows one table and asks one question. Merges with --no-ff in
    git's object database: your files, branches and work trees stay untouched.

    Examples:
      multigit promote dev stg
      multigit promote stg main -m "release: v2.3.0"
      multigit promote dev stg -r api -r database --dry-run
      multigit promote stg main --confirm main --json      (in CI)
    """
    from multigit.cli.showing import show
    from multigit.core.planning.merges import MergeRequest
    from multigit.core.planning.routes import hop, is_promotion
    from multigit.core.values.stage_names import stage_called
    from multigit.operation.asking import asked_later
    from multigit.operation.merging import merge

    o.require_one_decision(accept_reverts=accept_reverts, roll_forward=roll_forward)
    override = on_hold.given()
    session = running.session()
    space = session.workspace
    repos = chosen.of(space)
    here, there = stage_called(source, space, repos), stage_called(target, space, repos)
    forward = is_promotion(space, here, there, repos)
    strict = there if forward and there.require_message else None
    later = asked_later(session.screen, message, strict)
    request = MergeRequest(
        command="promote",
        start_time=session.start_time,
        hops=(hop(space, here, there, message, forward=forward, asked_later=later),),
        repos=repos,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        roll_forward=roll_forward,
        wait=not no_wait,
    )
    consent = confirmation.consent(
        space, repos, checklist_done=checklist_done, accept_doubt=accept_doubt, override=override
    )
    return show(session, merge(session, request, consent))
