"""multigit push: the work on a stage's branch."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def push(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage on whose branch the work is.")],
    message: o.Message = None,
    promote: Annotated[
        str | None,
        typer.Option(
            "--promote",
            metavar="TARGET",
            help="Go on to promote the stage to this one.",
            autocompletion=o.complete_target,
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="FILE", help="Commit this file all the same (repeatable)."),
    ] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Skip the commit hooks, as git commit does.")
    ] = False,
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
    """Commit and push the work on a stage's branch, in every repository that has any.

    Commits what is changed where the branch is checked out, and pushes unpushed commits of it
    everywhere. Files that look like secrets, and very large ones, need --allow.

    Examples:
      multigit push dev -m "feat: orders by date"
      multigit push dev --promote stg
      multigit push main -m "hotfix: time-out on upload"
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import hop, wants_message
    from multigit.core.planning.push import PushRequest, plan_push, push_message
    from multigit.engine.observe import look_at_push, observe
    from multigit.engine.superprojects import with_links
    from multigit.operation.run import conduct
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    space = session.workspace
    here = space.stage(stage)
    there = space.stage(promote) if promote else None
    chosen = session.select(o.selection(repos, groups, exclude))
    strict = here if here.require_message else None
    if there and wants_message(here, there):
        strict = there
    message = session.message(message, wanted_by=strict)
    passed_on = message if there and there.require_message else None
    request = PushRequest(
        stage=here,
        message=push_message(here, message),
        moment=session.moment,
        repos=chosen,
        promotion=hop(space, here, there, passed_on) if there else None,
        allow=tuple(allow or ()),
        verify=not no_verify,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        wait=not no_wait,
    )
    with session.operation("push", dry_run=dry_run):
        with session.screen.progress() as progress:
            look = look_at_push(request, space.push)
            seen = observe(session.git, request.repos, look, jobs=session.jobs, listener=progress)
            seen = with_links(session.git, request, space, seen)
        consent = Consent(dry_run, yes, confirm, checklist_done)
        return conduct(session, plan_push(request, space, seen), consent)
