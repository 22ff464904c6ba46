"""multigit continue: finish an unfinished operation."""

from __future__ import annotations

from multigit.cli import options as o


def continue_(
    *,
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
    """Continue the operation that was interrupted or partly failed.

    Asks every remote what is already published and does only what is missing, as confirmed
    before. Where a branch has moved since, plans the merge again and asks for confirmation.

    Examples:
      multigit continue
      multigit continue --dry-run
    """
    from multigit.cli.showing import show
    from multigit.operation import continuing

    o.require_one_decision(accept_reverts=accept_reverts, roll_forward=roll_forward)
    override = on_hold.given()
    session = running.session()
    space = session.workspace
    consent = confirmation.consent(
        space,
        space.repos,
        checklist_done=checklist_done,
        accept_doubt=accept_doubt,
        override=override,
    )
    ended = continuing.continue_(
        session,
        consent,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        roll_forward=roll_forward,
        wait=not no_wait,
    )
    return show(session, ended)
