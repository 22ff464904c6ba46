"""multigit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.engine.tag_anchors import Witnesses
    from multigit.operation.session import Session


def log(
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            "-s",
            metavar="STAGE",
            help="Only what moved its branch, or was to.",
            autocompletion=o.complete_stage,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", "-l", min=0, metavar="N", help="How many, the newest; 0 for all."
        ),
    ] = 20,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All of them.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no line was changed, cut or moved.")
    ] = False,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="Verify against the deploy tags on the remotes, too."),
    ] = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Show what was done when, by whom, and how it ended.

    Examples:
      multigit log --stage main -n 5
      multigit log --verify --remote
      multigit log --json --all
    """
    from multigit.core.records.chain import Head
    from multigit.core.records.tag_anchors import cross_examine
    from multigit.core.reports.history import history, history_document
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    if stage is not None:
        session.workspace.stage(stage)
    kept = session.files.log
    verified = kept.verify() if verify or remote else None
    tags = _ask_tags(session) if remote else None
    evidence = None
    if tags and isinstance(verified, Head):
        evidence = cross_examine(
            kept.lines(),
            tags.heard,
            ran=session.files.ran(),
            unrecorded=session.files.unrecorded(),
            silent=tags.silent,
        )
        verified = evidence.bad or verified
    limit = 0 if everything else limit
    if stage or not limit:
        records, older = kept.records(*((stage, "backmerge") if stage else ())), 0
    else:
        records, older = kept.last(limit)
    space = session.workspace
    seen = history(
        records,
        stage=stage,
        limit=limit,
        lower={each.name: [s.name for s in space.chain_down(each)[1:]] for each in space.stages},
        older=older,
        verified=verified,
        evidence=evidence,
        unasked=tags.unasked if tags else None,
    )
    unfinished = session.tell_unfinished()
    session.screen.history(seen)
    session.screen.document({**history_document(seen), **unfinished})
    return seen.exit_code


def _ask_tags(session: Session) -> Witnesses:
    from multigit.engine.tag_anchors import collect

    space = session.workspace
    with session.screen.progress() as progress:
        return collect(session.git, space.repos, space.stages, jobs=session.jobs, listener=progress)
