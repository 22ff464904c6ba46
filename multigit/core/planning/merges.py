"""Promotion and back-merge: the plan of the merges that a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from multigit.core.planning import checks
from multigit.core.planning.deploy import deploy_steps
from multigit.core.planning.losses import losing_work
from multigit.core.planning.plan import Plan, RepoPlan, State, resolve_state
from multigit.core.planning.publish_steps import FastForwardStep
from multigit.core.planning.routes import Hop, strictest
from multigit.core.planning.steps import MakingStep, MergeStep, MovingStep, Step, TagStep, pushing
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
    def tag_template(self) -> str:
        """Return the template of the release's tag; empty for a back-merge, which makes no tag."""
        return self.target.tag if self.hops[-1].forward else ""

    def stages(self) -> tuple[Stage, ...]:
        """Return every stage on the route, once."""
        return (self.source, *(hop.target for hop in self.hops))

    def moved(self) -> tuple[str, ...]:
        """Return the branches that may move."""
        return tuple(hop.target.branch for hop in self.hops)


def plan_merges(
    request: MergeRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan for all repositories, in the order of the request."""
    taken = {tag.name for snapshot in snapshots.values() for tag in snapshot.refs.tags}
    template = request.tag_template
    release = tag_name(template, request.start_time, taken) if template else ""
    asks = strictest(hop.target for hop in request.hops)
    forward = request.hops[-1].forward
    repos = tuple(
        plan_repository(request, workspace, repo, snapshots[repo.name], release)
        for repo in request.repos
    )
    return Plan(
        command=request.command,
        operation=request.start_time.operation(
            request.command, request.source.name, request.target.name
        ),
        time=request.start_time.utc,
        date=request.start_time.git_date,
        source=request.source.name,
        target=request.target.name,
        message=request.hops[-1].message,
        release=release if any(repo.state is not State.UP_TO_DATE for repo in repos) else "",
        confirm=asks.confirm,
        word=asks.name,
        checklist=request.target.checklist if forward else (),
        skip_blocked=request.skip_blocked,
        accept_reverts=request.accept_reverts,
        pace=request.target.pace,
        wait=request.wait,
        repos=repos,
    )


def plan_repository(
    request: MergeRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, release: str
) -> RepoPlan:
    """Return what happens in one repository."""
    branch = snapshot.refs.branch
    steps = publishing(merge_steps(request.hops, snapshot, release), snapshot.refs)
    deploys: tuple[Step, ...] = ()
    if steps and request.hops[-1].forward:
        deploys = deploy_steps(workspace, repo, request.target, tag=release)
    target, source = branch(request.target.branch).remote, branch(request.source.branch).remote
    return resolve_state(
        RepoPlan(
            repo=repo.name,
            path=repo.path,
            state=State.PLANNED,
            steps=(*steps, *deploys),
            problems=tuple(_problems(request, workspace, repo, snapshot)),
            branch=request.target.branch,
            before=target.sha if target else "",
            source_sha=source.sha if source else "",
            wave=repo.wave,
            later=later_tips(request.later, snapshot.refs) if steps else {},
        ),
        skip_blocked=request.skip_blocked,
    )


def merge_steps(hops: tuple[Hop, ...], snapshot: Snapshot, release: str) -> tuple[MakingStep, ...]:
    """Return the steps that make one repository's merges and, if there are any, the tag."""
    routes = {(hop.source.name, hop.target.name): hop for hop in hops}
    merges = tuple(
        merge_step(routes[merge.source, merge.target], merge)
        for merge in snapshot.merges
        if merge.result.commit
    )
    if not merges or not release:
        return merges
    last = merges[-1]
    message = routes[last.merge.source, last.merge.target].message
    return (*merges, TagStep(release, last.branch, message))


def merge_step(hop: Hop, merge: Merge) -> MergeStep:
    """Return the step that publishes a previewed merge."""
    return MergeStep(replace(merge, reversals=()), hop.source.branch, hop.target.branch)


def later_tips(later: Iterable[Stage], refs: Refs) -> dict[str, str]:
    """Return the tips of the later stages' branches by ref; an empty tip: there is no branch."""
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
    yield from merge_problems(
        request.hops, repo, snapshot, remote, accept_reverts=request.accept_reverts
    )
    yield from checks.unpushed_source(snapshot, request.source)


def merge_problems(
    hops: tuple[Hop, ...],
    repo: Repo,
    snapshot: Snapshot,
    remote: str,
    *,
    accept_reverts: bool,
) -> Iterable[Problem]:
    """Report each previewed merge that cannot be made or that would lose work."""
    by_name = {(hop.source.name, hop.target.name): hop for hop in hops}
    before, loses = "", False
    edited = snapshot.work is not None and snapshot.work.edited
    for merge in snapshot.merges:
        route = by_name[merge.source, merge.target]
        branches = (route.source.branch, route.target.branch)
        yield from checks.unmergeable(
            *(repo, merge, remote, branches), forward=route.forward, first=before, edited=edited
        )
        if not loses:  # a later merge of the chain would lose the same work
            lost = tuple(
                losing_work(
                    *(repo, merge, remote, branches),
                    forward=route.forward,
                    accepted=accept_reverts,
                    edited=edited,
                )
            )
            yield from lost
            loses = any(problem.blocks for problem in lost)
        if merge.result.commit:
            before = Hint.PROMOTE_FIRST.format(source=merge.source, target=merge.target)
