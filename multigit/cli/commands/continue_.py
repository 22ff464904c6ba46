"""multigit continue: the rest of an operation that is not finished."""

from __future__ import annotations

from multigit.cli import options as o


def continue_(
    *,
    asking: o.Asking,
    checklist_done: o.ChecklistDone = False,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    running: o.Running,
) -> int:
    """Go on with the operation that was interrupted or failed in part.

    Asks every remote first what is published already, and redoes only what is missing, as it was
    agreed to. Where somebody moved a branch since, the merge is planned anew and asked for again.

    Examples:
      multigit continue
      multigit continue --dry-run
    """
    from multigit.cli.showing import show
    from multigit.operation import continuing

    session = running.session()
    consent = asking.consent(checklist_done=checklist_done)
    ended = continuing.continue_(
        session, consent, skip_blocked=skip_blocked, accept_reverts=accept_reverts
    )
    return show(session, ended)
