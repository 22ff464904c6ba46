"""multigit undo: take back what an operation published."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o
from multigit.operation.recovery import chosen, close, remote_states


def undo(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION",
            help="Its id or its release's tag; the unfinished or the last if left out.",
        ),
    ] = None,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    dry_run: o.DryRun = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Take back what an operation published, where nobody has built on it yet.

    Each branch goes back to where it was and the tag is deleted, both in one atomic push, and
    only while they still hold what the operation wrote. Your own commits stay in your clones.

    Examples:
      multigit undo --dry-run
      multigit undo deploy-20250115-150130
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.plan import Result
    from multigit.core.recovery.undo import already_undone, cannot_be_undone, undone
    from multigit.core.recovery.ways_out import only_to_close
    from multigit.operation.run import Conductor
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    with session.alone("undo", dry_run=dry_run):
        journal, story = chosen(session, operation)
        is_open = story.plan.operation in session.files.unfinished()
        standings = remote_states(
            *(session, journal, story), onward=True, flights=story.flights, wait=not dry_run
        )
        log = session.files.log
        plan = undone(story, standings, session.workspace, session.moment, log)
        conductor = Conductor(session, plan, Consent(dry_run, yes, confirm))
        if problem := cannot_be_undone(plan, is_open=is_open):
            return conductor.refuse(problem)
        if plan.result is Result.NOTHING and not is_open:
            return conductor.leave(already_undone(plan.undoes, log))
        if plan.result is Result.NOTHING:
            if dry_run:
                return conductor.leave(only_to_close(plan.undoes))
            return close(session, journal, story, standings, "undone")
        return conductor.conduct()
