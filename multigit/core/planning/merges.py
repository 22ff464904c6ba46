"""Promotion and back-merge: the plan of the merges that a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from multigit.core.planning import checks
from multigit.core.planning.bringing_back import coming_back
from multigit.core.planning.deploy import deploy_steps
from multigit.core.planning.losses import losing_work
from multigit.core.planning.plan import Plan, RepoPlan, State, resolve_state
from multigit.core.planning.publish_steps import FastForwardStep
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import Hop, route_in, strictest
from multigit.core.planning.sides import Sides
from multigit.core.planning.steps import (
    MakingStep,
    MergeStep,
    MovingStep,
    ReapplyStep,
    Step,
    TagStep,
    pushing,
)
from multigit.core.planning.taking_part import plans_of
from multigit.core.values.merge import Merge
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Refs, branch_ref
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime, tag_name
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """What a promotion or a back-merge was asked to do.

    Each hop builds on the result of the previous one. The plan records what the `later` stages have
    at that time.
    """

    command: str
    start_time: StartTime
    hops: tuple[Hop, ...]
    repos: tuple[Repo, ...]
    skip_blocked: bool = False
    accept_reverts: bool = False
    roll_forward: bool = False
    wait: bool = True
    later: tuple[Stage, ...] = ()

    @property
    def source(self) -> Stage:
        """Return the source of the first hop."""
        return self.hops[0].source

    @property
    def target(self) -> Stage:
        """Return the target of the last hop."""
        return self.hops[-1].target

    @property
    def message(self) -> str:
        """Return the message of the merge, or what several of them do."""
        if len(self.hops) > 1:
            return f"Merge {self.source.name} into {self.target.name}"
        return self.hops[0].message

    @property
    def tag_template(self) -> str:
        """Return the template of the release's tag; empty for a back-merge, which makes no tag."""
        return self.target.tag if self.hops[-1].forward else ""

    @property
    def checklist(self) -> tuple[str, ...]:
        """Return the checklist; a back-merge has none."""
        return self.target.checklist if self.hops[-1].forward else ()

    def stages(self) -> tuple[Stage, ...]:
        """Return every stage on the route, once."""
        return (self.source, *self.moving())

    def moving(self) -> tuple[Stage, ...]:
        """Return the stages that may move."""
        return tuple(hop.target for hop in self.hops)

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it as one repository carries it out, or why that one is left out."""
        hops = route_in(self.hops, workspace, repo)
        if isinstance(hops, Problem):
            return hops
        return replace(self, hops=hops, later=workspace.stages_of(repo, self.later))


def plan_merges(
    request: MergeRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan for all repositories, in the order of the request."""
    release = release_tag(request, snapshots)

    def plan(own: MergeRequest, repo: Repo) -> RepoPlan:
        return plan_repository(own, workspace, repo, snapshots[repo.name], release)

    return release_plan(request, plans_of(request, workspace, plan), release)


def release_tag(request: MergeRequest | PushRequest, snapshots: Mapping[str, Snapshot]) -> str:
    """Return the tag of a release, which no repository has yet; empty if it has none."""
    taken = {tag.name for snapshot in snapshots.values() for tag in snapshot.refs.tags}
    template = request.tag_template
    return tag_name(template, request.start_time, taken) if template else ""


def release_plan(
    request: MergeRequest | PushRequest, repos: tuple[RepoPlan, ...], release: str
) -> Plan:
    """Return the plan of a promotion, a back-merge or a push with these repositories."""
    strict, target = strictest(request.moving()), request.target
    ends = dict.fromkeys((request.stages()[0].name, target.name))
    present = [repo for repo in repos if not repo.absent]
    return Plan(
        command=request.command,
        operation=request.start_time.operation(request.command, *ends),
        time=request.start_time.utc,
        date=request.start_time.git_date,
        source=request.source.name if request.source else "",
        target=target.name,
        message=request.message,
        release=release if any(each.state is not State.UP_TO_DATE for each in present) else "",
        confirm=strict.confirm,
        word=strict.name,
        checklist=request.checklist,
        skip_blocked=request.skip_blocked,
        accept_reverts=request.accept_reverts,
        roll_forward=request.roll_forward,
        pace=target.pace,
        wait=request.wait,
        repos=repos,
    )


def plan_repository(
    request: MergeRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, release: str
) -> RepoPlan:
    """Return what happens in one repository; the request is its own."""
    making = merge_steps(request.hops, snapshot, release)
    deploys: tuple[Step, ...] = ()
    if making and request.hops[-1].forward:
        deploys = deploy_steps(workspace, repo, request.target, tag=release)
    problems = tuple(_problems(request, workspace, repo, snapshot))
    return repository_plan(request, repo, snapshot, making, deploys, problems)


def repository_plan(
    request: MergeRequest | PushRequest,
    repo: Repo,
    snapshot: Snapshot,
    making: tuple[MakingStep, ...],
    deploys: tuple[Step, ...],
    problems: tuple[Problem, ...],
) -> RepoPlan:
    """Return the plan of a repository that publishes what these steps make, and deploys it."""
    refs = snapshot.refs
    target = refs.branch(request.target.branch).remote
    source = refs.branch(request.source.branch).remote if request.source else None
    return resolve_state(
        RepoPlan(
            repo=repo.name,
            path=repo.path,
            state=State.PLANNED,
            steps=(*publishing(making, refs), *deploys),
            problems=problems,
            branch=request.target.branch,
            before=target.sha if target else "",
            source_sha=source.sha if source else "",
            wave=repo.wave,
            waits_for=repo.after,
            follows=snapshot.follows,
            later=later_tips(request.later, refs) if making else {},
        ),
        skip_blocked=request.skip_blocked,
    )


def merge_steps(hops: tuple[Hop, ...], snapshot: Snapshot, release: str) -> tuple[MakingStep, ...]:
    """Return the steps that make one repository's merges and, if there are any, the tag."""
    routes = {(hop.source.name, hop.target.name): hop for hop in hops}
    made = [merge for merge in snapshot.merges if merge.result.commit]
    route = [routes[merge.source, merge.target] for merge in made]
    steps = tuple(_step(merge, hop) for merge, hop in zip(made, route, strict=True))
    if not (steps and release):
        return steps
    return (*steps, TagStep(release, steps[-1].branch, route[-1].message))


def _step(merge: Merge, hop: Hop) -> MergeStep | ReapplyStep:
    """Return the step that makes a merge; the commits that it does without are in the problems."""
    merge = replace(merge, reversals=())
    if merge.fold and merge.fold.alone:
        return ReapplyStep(merge, hop.target.branch)
    return MergeStep(merge, hop.source.branch, hop.target.branch)


def later_tips(later: Iterable[Stage], refs: Refs) -> dict[str, str]:
    """Return the tips of the later stages' branches by ref; empty if a branch does not exist."""
    seen = {stage.branch: refs.branch(stage.branch).remote for stage in later}
    return {branch_ref(name): tip.sha if tip else "" for name, tip in seen.items()}


def publishing(making: tuple[MakingStep, ...], refs: Refs) -> tuple[Step, ...]:
    """Return the steps, then the push, then the local branches that follow it."""
    follow = [
        FastForwardStep(step.branch, branch.checked_out)
        for step in making
        if isinstance(step, MovingStep) and not step.move().own
        if (branch := refs.branch(step.branch)).local
    ]
    return (*making, *pushing(making, refs), *follow)


def _problems(
    request: MergeRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot
) -> Iterable[Problem]:
    remote = workspace.remote_of(repo)
    yield from checks.unreadable(snapshot)
    yield from checks.unpublishable(repo, snapshot, remote)
    yield from checks.missing_branches(repo, snapshot, remote, request.stages())
    yield from merge_problems(request, repo, snapshot, remote)
    yield from checks.unpushed_source(snapshot, request.source)


def merge_problems(
    request: MergeRequest | PushRequest, repo: Repo, snapshot: Snapshot, remote: str
) -> Iterable[Problem]:
    """Report each previewed merge that cannot be made or that would lose work."""
    routes = {(hop.source.name, hop.target.name): hop for hop in request.hops}
    first, loses = "", False
    edited = snapshot.work is not None and snapshot.work.edited
    for merge in snapshot.merges:
        hop = routes[merge.source, merge.target]
        sides = Sides(repo, remote, hop.source.branch, hop.target.branch, hop.forward, edited)
        yield from checks.unmergeable(merge, sides, first=first)
        if not loses:  # a later merge of the chain would lose the same work
            lost = (
                *coming_back(merge, sides, roll_forward=request.roll_forward),
                *losing_work(merge, sides, accepted=request.accept_reverts),
            )
            yield from lost
            loses = any(problem.blocks for problem in lost)
        if merge.result.commit:
            first = Hint.PROMOTE_FIRST.format(source=merge.source, target=merge.target)
