"""multigit promote: merge one stage into the next."""

from __future__ import annotations

from typing import Annotated

from multigit.cli import options as o
from multigit.operation.merging import run_merges


def promote(
    source: Annotated[str, o.stage_argument("SOURCE", "The stage to take from.")],
    target: Annotated[
        str,
        o.stage_argument("TARGET", "The neighbouring stage to merge into.", o.complete_target),
    ],
    message: o.Message = None,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    dry_run: o.DryRun = False,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    checklist_done: o.ChecklistDone = False,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    no_wait: o.NoWait = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Merge one stage into the next in every repository, tag, push.

    Plans for all repositories first, shows one table, asks one question. Merges are made with
    --no-ff in git's object database: your files, branches and work trees stay as they are.

    Examples:
      multigit promote dev stg
      multigit promote stg main -m "release: v2.3.0"
      multigit promote dev stg -r api -r database --dry-run
      multigit promote stg main --confirm main --json      (in CI)
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import MergeRequest, hop, wants_message
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    space = session.workspace
    chosen = session.select(o.selection(repos, groups, exclude))
    here, there = space.stage(source), space.stage(target)
    message = session.message(message, wanted_by=there if wants_message(here, there) else None)
    request = MergeRequest(
        command="promote",
        moment=session.moment,
        hops=(hop(space, here, there, message),),
        repos=chosen,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        wait=not no_wait,
    )
    return run_merges(session, request, Consent(dry_run, yes, confirm, checklist_done))
