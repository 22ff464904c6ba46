"""Push: which files are committed, and what is pushed to the stage's branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from multigit.core.planning import checks
from multigit.core.planning.dangers import missing_uploads
from multigit.core.planning.deploy import deploy_steps
from multigit.core.planning.merges import (
    merge_problems,
    merge_steps,
    release_plan,
    release_tag,
    repository_plan,
)
from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.planning.push_problems import diverged, file_problems, work_problems
from multigit.core.planning.push_request import PushRequest, to_commit
from multigit.core.planning.steps import AdvanceStep, CommitStep, MakingStep
from multigit.core.planning.submodules import submodule_problems
from multigit.core.planning.taking_part import plans_of
from multigit.core.planning.waves import in_order
from multigit.core.values.problem import Problem
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo, Workspace


def plan_push(
    request: PushRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan for all repositories, in the order of the request."""
    release = release_tag(request, snapshots)

    def plan(own: PushRequest, repo: Repo) -> RepoPlan:
        return plan_repository(own, workspace, repo, snapshots[repo.name], release)

    repos = plans_of(request, workspace, plan)
    ordered = in_order(repos, workspace, skip_blocked=request.skip_blocked)
    return release_plan(request, ordered, release)


def plan_repository(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, release: str
) -> RepoPlan:
    """Return what happens in one repository; the request is its own."""
    merges = merge_steps(request.hops, snapshot, release)
    making = (*push_steps(request, workspace.push, snapshot), *merges)
    stage = request.release_stage
    deploys = deploy_steps(workspace, repo, stage, tag=release) if merges and stage else ()
    problems = tuple(_problems(request, workspace, repo, snapshot))
    return repository_plan(request, repo, snapshot, making, deploys, problems)


def push_steps(
    request: PushRequest, rules: PushRules, snapshot: Snapshot
) -> tuple[MakingStep, ...]:
    """Return the steps that publish unpushed commits and commit the work tree."""
    stage, steps = request.stage, list[MakingStep]()
    branch = snapshot.refs.branch(stage.branch)
    if branch.local and snapshot.ahead:
        before = branch.remote.sha if branch.remote else ""
        after = branch.local.sha
        steps.append(AdvanceStep(stage.name, stage.branch, before, after, snapshot.unpushed))
    changes = to_commit(snapshot.work, stage, rules)
    if changes and snapshot.work:
        steps.append(
            CommitStep(
                stage=stage.name,
                branch=stage.branch,
                parent=snapshot.work.head,
                commit=snapshot.commit.sha if snapshot.commit else "",
                message=request.message,
                changes=changes,
                verify=request.verify,
            )
        )
    return tuple(steps)


def _problems(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot
) -> Iterable[Problem]:
    remote = workspace.remote_of(repo)
    yield from checks.unreadable(snapshot)
    if snapshot.error:
        return
    yield from checks.unpublishable(repo, snapshot, remote)
    if request.promotion:
        here = snapshot.refs.branch(request.stage.branch)
        wanted = [] if here.local or here.remote else [request.stage]
        wanted.append(request.promotion.target)
        yield from checks.missing_branches(repo, snapshot, remote, wanted)
    if snapshot.work:
        yield from work_problems(request, workspace, repo, snapshot, snapshot.work)
        nested = workspace.nested_in(repo)
        publishes = bool(push_steps(request, workspace.push, snapshot))
        yield from submodule_problems(repo, snapshot, request.stage, nested, publishes=publishes)
    yield from file_problems(request, workspace.push, repo, snapshot)
    yield from missing_uploads(repo, snapshot.facts, snapshot.carried)
    yield from diverged(repo, request.stage, snapshot, workspace)
    yield from merge_problems(request, repo, snapshot, remote)
