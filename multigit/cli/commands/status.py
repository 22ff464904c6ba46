"""multigit status: where things stand, stage by stage."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def status(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REPO", help="Only these repositories.", autocompletion=o.complete_repo
        ),
    ] = None,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    no_fetch: Annotated[
        bool, typer.Option("--no-fetch", help="Show what was fetched last; works offline.")
    ] = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Show where every repository stands, stage by stage. Changes nothing.

    Examples:
      multigit status
      multigit status api database --no-fetch
    """
    from multigit.core.reports.status import (
        StatusRequest,
        status_document,
        status_exit_code,
        status_hint,
        status_rows,
        status_sentence,
    )
    from multigit.engine.observe import look_at_status, observe
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    space = session.workspace
    chosen = session.select(o.selection([*(names or ()), *(repos or ())], groups, exclude))
    request = StatusRequest(chosen, space.stages, space.pairs(), fetch=not no_fetch)
    with session.screen.progress() as progress:
        look = look_at_status(request)
        doing = "reading" if no_fetch else "fetching"
        seen = observe(session.git, chosen, look, jobs=session.jobs, listener=progress, doing=doing)
    rows = status_rows(space, chosen, seen, session.last_deployed())
    unfinished = session.tell_unfinished()
    hint = status_hint(rows, space.pairs())
    session.screen.status(rows, space.pairs(), status_sentence(rows), hint)
    session.screen.document({**status_document(rows, hint), **unfinished})
    return status_exit_code(rows)
