"""multigit deploy: what a stage holds already, or an earlier release of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multigit.core.records.last_deployments import Deployed
    from multigit.core.values.workspace import Repo, Stage, Workspace
    from multigit.operation.session import Session


def deploy(
    stage: Annotated[str, o.stage_argument("STAGE", "The stage to deploy.")],
    release: Annotated[
        str | None,
        typer.Argument(metavar="RELEASE", help="A deploy tag; what the branch holds if left out."),
    ] = None,
    failed: Annotated[
        bool,
        typer.Option("--failed", help="Only where the last deployment to the stage went wrong."),
    ] = False,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    dry_run: o.DryRun = False,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    skip_blocked: o.SkipBlocked = False,
    no_wait: o.NoWait = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Deploy what a stage holds already, or an earlier release of it. No branch or tag moves.

    Examples:
      multigit deploy stg
      multigit deploy main --failed
      multigit deploy main deploy-20250115-150130 -r api
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.deploy import DeployRequest, plan_deploy, require_deployment
    from multigit.engine.observe import look_at_deploys, observe
    from multigit.operation.run import conduct
    from multigit.operation.session import Session

    if release == "":
        raise errors.UsageError(
            "The release is empty: is a variable not set?",
            hint="Leave it out to deploy what the branch holds.",
            code="empty_release",
        )
    session = Session.open(o.Common(config, json, no_color, jobs))
    space = session.workspace
    here = space.stage(stage)
    chosen = session.select(o.selection(repos, groups, exclude))
    require_deployment(space, here, chosen)
    with session.operation("deploy", dry_run=dry_run):
        request = DeployRequest(
            stage=here,
            moment=session.moment,
            repos=_failed(session, chosen, here) if failed else chosen,
            release=release or "",
            skip_blocked=skip_blocked,
            wait=not no_wait,
        )
        with session.screen.progress() as progress:
            look = look_at_deploys(here)
            seen = observe(session.git, request.repos, look, jobs=session.jobs, listener=progress)
        plan = plan_deploy(request, space, seen)
        return conduct(session, plan, Consent(dry_run, yes, confirm))


def _failed(session: Session, chosen: tuple[Repo, ...], stage: Stage) -> tuple[Repo, ...]:
    """Return the chosen repositories whose last deployment to the stage went wrong."""
    from multigit.core.records.last_deployments import failed_last

    last = session.files.log.last_deployed()
    names = failed_last(last, stage.name)
    left = tuple(repo for repo in chosen if repo.name in names)
    if not left:
        known = (last.get(repo.name, {}).get(stage.name) for repo in chosen)
        raise errors.RefusedError(
            f"No last deployment to {stage.name} went wrong.",
            hint=_instead(session.workspace, stage, [each for each in known if each]),
            code="nothing_failed",
        )
    return left


def _instead(space: Workspace, stage: Stage, last: Sequence[Deployed]) -> str:
    """Return what to type where no last deployment went wrong: one may still run."""
    from multigit.core.values.deployment import by_push

    for each in last:
        if each.under_way:
            return Hint.WATCH_OPERATION.format(operation=each.watched or each.operation)
    ways = filter(None, (space.deploy(repo, stage) for repo in space.repos))
    can = not any(by_push(each.runner) for each in ways)
    return Hint.DEPLOY_ANYWAY.format(stage=stage.name) if can else ""
