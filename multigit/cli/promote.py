"""multigit promote and multigit backmerge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import MergeRequest
    from multigit.operation.session import Session


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
    return _run(session, request, Consent(dry_run, yes, confirm, checklist_done))


def backmerge(
    source: Annotated[
        str | None,
        o.stage_argument("SOURCE", "The stage to start from; the last one if left out."),
    ] = None,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    dry_run: o.DryRun = False,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Carry commits back down the stages, such as a hotfix from main to stg to dev.

    All merges of all repositories are planned and checked together before anything is pushed;
    each builds on the one before. Where the content is the same already, nothing is done.
    No tags. For a single step down use multigit promote main stg.

    Examples:
      multigit backmerge
      multigit backmerge main --dry-run
      multigit backmerge stg -r api --yes
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import MergeRequest, hops_down
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    request = MergeRequest(
        command="backmerge",
        moment=session.moment,
        hops=hops_down(session.workspace, source),
        repos=session.select(o.selection(repos, groups, exclude)),
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
    )
    return _run(session, request, Consent(dry_run, yes, confirm))


def _run(session: Session, request: MergeRequest, consent: Consent) -> int:
    from multigit.core.planning.merges import plan_merges
    from multigit.engine.observe import look_at_merges, observe
    from multigit.operation.run import conduct

    with session.operation(request.command, dry_run=consent.dry_run):
        with session.screen.progress() as progress:
            look = look_at_merges(request)
            seen = observe(session.git, request.repos, look, jobs=session.jobs, listener=progress)
        return conduct(session, plan_merges(request, session.workspace, seen), consent)
