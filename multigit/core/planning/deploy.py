"""The deployments of a plan, and the plan of `multigit deploy`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from multigit.core.planning import checks
from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override, bad_release
from multigit.core.planning.plan import NOT_IN_RELEASE, Plan, RepoPlan, State, resolve_state
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.taking_part import plans_of, require_stages, stage_in
from multigit.core.values.agreement import Accepted
from multigit.core.values.mark import Mark
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime, is_deploy_tag
from multigit.core.values.workspace import Repo, Stage, Workspace, unknown
from multigit.errors import UsageError
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """What `multigit deploy` was asked to do.

    `release` is a deploy tag; empty: what the stage's branch has now. `marks` are those of releases
    that a person has marked, by release, None where that cannot be read; `override` is what may be
    deployed nevertheless.
    """

    stage: Stage
    start_time: StartTime
    repos: tuple[Repo, ...]
    release: str = ""
    skip_blocked: bool = False
    wait: bool = True
    override: Override = NOTHING_OVERRIDDEN
    marks: Mapping[str, Mark | None] = field(default_factory=dict)

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it with the stage as a repository has it, or why that one is left out."""
        stage = stage_in(self.stage, workspace, repo)
        return stage if isinstance(stage, Problem) else replace(self, stage=stage)


def deploy_steps(
    workspace: Workspace, repo: Repo, stage: Stage, *, tag: str = "", sha: str = ""
) -> tuple[DeployStep, ...]:
    """Return the deployments of a repository to a stage: one for each target."""
    deploy = workspace.deploy(repo, stage)
    if deploy is None:
        return ()
    return tuple(
        DeployStep(
            stage=stage.name,
            environment=stage.environment or stage.name,
            branch=stage.branch,
            target=target,
            runner=deploy.runner.of(repo.slug),
            timeout=deploy.timeout,
            health=deploy.health,
            sha=sha,
            tag=tag,
        )
        for target in deploy.targets or ("",)
    )


def plan_deploy(
    request: DeployRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan that deploys what a stage has, or one of its releases.

    Raises UsageError if the stage has no deployment, or no repository has the release.
    """
    stage = request.stage
    require_deployment(workspace, stage, request.repos)

    def plan(own: DeployRequest, repo: Repo) -> RepoPlan:
        return _repository(own, workspace, repo, snapshots[repo.name])

    repos = plans_of(request, workspace, plan)
    if request.release and not any(repo.source_sha for repo in repos):
        known = {tag.name for s in snapshots.values() for tag in s.refs.tags}
        raise unknown("release", request.release, sorted(known))
    tags = {step.tag for repo in repos for step in repo.deploys()}
    return Plan(
        command="deploy",
        operation=request.start_time.operation("deploy", stage.name),
        time=request.start_time.utc,
        date=request.start_time.git_date,
        source="",
        target=stage.name,
        message=f"Deploy {request.release or stage.name}",
        release=request.release or (tags.pop() if len(tags) == 1 else ""),
        confirm=stage.confirm,
        word=stage.name,
        skip_blocked=request.skip_blocked,
        pace=stage.pace,
        wait=request.wait,
        repos=repos,
        asked_release=request.release,
        accepted=tuple(note for repo in repos for note in _marked_bad(request, repo)[1]),
    )


def _marked_bad(
    request: DeployRequest, repo: RepoPlan
) -> tuple[tuple[Problem, ...], tuple[Accepted, ...]]:
    """Return what is wrong with the release that is deployed, and what of that is overridden."""
    return request.override.applied(repo.repo, bad_release(repo.deploy_tag, request.marks))


def require_deployment(workspace: Workspace, stage: Stage, repos: Sequence[Repo]) -> None:
    """Raise UsageError if none of the repositories has a stage, or is deployed to it."""
    require_stages(workspace, [stage], repos)
    if not any(workspace.deploy(repo, stage) for repo in repos):
        raise UsageError(
            f"The configuration does not say how {stage.name} is deployed.",
            hint=f"Add a table [stages.{stage.name}.deploy].",
            code="no_deployment",
        )


def _repository(
    request: DeployRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot
) -> RepoPlan:
    stage, tip = request.stage, snapshot.refs.branch(request.stage.branch).remote
    tags = [tag for tag in snapshot.refs.tags if is_deploy_tag(stage.tag, tag.name)]
    if request.release:
        tag = next((tag for tag in tags if tag.name == request.release), None)
        sha = tag.commit if tag else ""
    else:
        sha = tip.sha if tip else ""
        tag = next((tag for tag in reversed(tags) if tag.commit == sha), None)
    steps = deploy_steps(workspace, repo, stage, tag=tag.name if tag else "", sha=sha)
    problems = [*checks.unreadable(snapshot)]
    if not request.release:
        problems += checks.missing_branches(repo, snapshot, workspace.remote_of(repo), [stage])
    absent = bool(request.release and not sha and not snapshot.error)
    if absent:
        problems.append(
            Problem(
                NOT_IN_RELEASE,
                f"has no tag {request.release}, so nothing is deployed here.",
                Hint.STATUS,
                Severity.WARN,
            )
        )
    if steps and sha and not snapshot.error:
        problems += cannot_start(steps[0], stage, tag, at_tip=not tip or tip.sha == sha)
    plan = RepoPlan(
        repo=repo.name,
        path=repo.path,
        state=State.SKIPPED if absent else State.PLANNED,
        steps=steps if sha else (),
        problems=tuple(problems),
        branch=stage.branch,
        before=sha,
        source_sha=sha,
        wave=repo.wave,
        waits_for=repo.after,
    )
    bad, _ = _marked_bad(request, plan)
    plan = replace(plan, problems=(*plan.problems, *bad))
    return resolve_state(plan, skip_blocked=request.skip_blocked)


def can_deploy_releases(workspace: Workspace, name: str, stage: str) -> bool:
    """Return whether `multigit deploy` can deploy an earlier release of a repository to a stage."""
    repo = next((repo for repo in workspace.repos if repo.name == name), None)
    deploy = workspace.deploy(repo, workspace.planned_stage(stage)) if repo else None
    if deploy is None:
        return False
    return not deploy.runner.by_push and deploy.runner.starts_on != "branch"


def cannot_start(
    step: DeployStep, stage: Stage, tag: Tag | None, *, at_tip: bool
) -> Iterable[Problem]:
    """Report why the runner cannot deploy this commit, which may be the tip of the branch."""
    runner = step.runner
    if runner.starts_on == "branch" and not at_tip:
        yield Problem(
            "no_deploy_tag",
            f'ref = "branch" starts it on {stage.branch}, which is not at that release.',
            'Set ref = "tag" in the deploy table.',
        )
    if runner.starts_on == "tag" and tag is None:
        yield Problem(
            "no_deploy_tag",
            f"the tip of {stage.branch} has no deploy tag to start the deployment on.",
            f'Promote to {stage.name}, or set ref = "branch" in its deploy table.',
        )
    if runner.by_push:
        yield Problem(
            "push_deploys",
            f"only a push deploys {stage.name}, and nothing is pushed here.",
            f'Rerun it on {runner.host}, or set trigger = "dispatch" in the deploy table.',
        )
