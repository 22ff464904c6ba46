"""Deploying what a stage contains, or an earlier release of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.deploy import DeployRequest, plan_deploy, require_deployment
from multigit.core.progress.earlier import Look
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.engine.observe.deploys import DeployObservation
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.earlier import went_wrong
from multigit.operation.exclusive import new_operation
from multigit.operation.holding import with_holds
from multigit.operation.preflight import with_preflight
from multigit.operation.run import Ended, OperationRun
from multigit.operation.session import Session


def deploy(session: Session, request: DeployRequest, consent: Consent, *, failed: bool) -> Ended:
    """Plan the deployments of a request, and run them.

    With `failed` only repositories whose last deployment to the stage failed.
    """
    space, stage = session.workspace, request.stage
    require_deployment(space, stage, request.repos)
    with new_operation(session, "deploy", dry_run=consent.dry_run):
        if failed:
            request = replace(request, repos=_went_wrong(session, request))
        seen = session.observe_each(request, lambda own: DeployObservation(own.stage))
        shared = session.shared()
        plan = plan_deploy(replace(request, marks=shared.marked()), space, seen)
        plan, held = with_holds(session, plan, consent, shared=shared)
        plan, doubts = with_preflight(session, plan, consent)
        return OperationRun(
            context_of(session), plan, consent, doubts=doubts, held=held
        ).carry_out()


def _went_wrong(session: Session, request: DeployRequest) -> tuple[Repo, ...]:
    """Return the repositories of a request whose last deployment to the stage failed.

    One whose result is unknown may have failed, too: the plan shows it.
    """
    stage = request.stage.name
    wrong, looks = went_wrong(session, stage, [repo.name for repo in request.repos])
    if repos := tuple(repo for repo in request.repos if repo.name in wrong):
        for name, look in looks.items():
            if name not in wrong and (problem := look.problem(stage)):
                message = f"{name} is left out: {problem.message}"
                session.screen.warn(replace(problem.as_warning(), message=message))
        return repos
    raise RefusedError(
        f"No repository's last deployment to {stage} failed.",
        hint=_instead(session.workspace, request.stage, looks),
        code="nothing_failed",
    )


def _instead(space: Workspace, stage: Stage, looks: Mapping[str, Look]) -> str:
    """Return the hint if no last deployment failed: one may still be running."""
    if running := next(filter(None, (look.problem(stage.name) for look in looks.values())), None):
        return running.hint
    ways = filter(None, (space.deploy(repo, stage) for repo in space.repos))
    can = not any(each.runner.by_push for each in ways)
    return Hint.DEPLOY_ANYWAY.format(stage=stage.name) if can else ""
