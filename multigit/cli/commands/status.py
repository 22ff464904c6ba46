"""multigit status: where things stand, stage by stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from multigit.cli import options as o


def status(
    names: o.Names = None,
    *,
    chosen: o.Chosen,
    no_fetch: Annotated[
        bool, typer.Option("--no-fetch", help="Do not fetch; show the state as of the last fetch.")
    ] = False,
    pending: Annotated[
        bool,
        typer.Option("--pending", help="Only name the unfinished operation, for a shell prompt."),
    ] = False,
    web: Annotated[
        bool, typer.Option("--web", help="Open the commits that wait, at GitHub, in the browser.")
    ] = False,
    running: o.Running,
) -> int:
    """Show the state of every repository, stage by stage. Changes nothing.

    With --pending, prints one line if an operation is unfinished, otherwise nothing; it reads a few
    files, and no repository.

    Examples:
      multigit status
      multigit status api database --no-fetch
      multigit status --pending
    """
    if pending:
        from multigit.cli.pending import show_pending

        return show_pending(running.config, json=running.json)
    from multigit.core.planning.routes import shared_pairs
    from multigit.core.reports.status_words import status_document, status_exit_code, status_hint
    from multigit.operation.status import read_status
    from multigit.operation.unfinished import say_unfinished

    session = running.session()
    repos = chosen.of(session.workspace, *(names or ()))
    pairs = shared_pairs(session.workspace, repos)
    read = read_status(session, repos, fetch=not no_fetch)
    rows, holding = read.rows, read.holding
    if web:
        from multigit.cli.showing import show_comparisons
        from multigit.operation.pages import comparison_pages

        return show_comparisons(session.screen, comparison_pages(session, rows), rows)
    unfinished = say_unfinished(session)
    holding = replace(holding, busy=unfinished["unfinished"] is not None)
    session.screen.status(rows, pairs, holding)
    document = status_document(rows, status_hint(rows, pairs, holding), holding)
    session.screen.document({**document, **unfinished})
    return status_exit_code(rows, holding)
