"""Continuing an operation, from its journal and what the remotes hold now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.plan import Plan, RepoPlan, State, stopped
from multigit.core.planning.routes import Hop
from multigit.core.planning.steps import MergeStep
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, state_of
from multigit.core.progress.state import NO_PROGRESS, OperationState, Progress
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects, branch_ref, short, tag_ref
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint


def hops_of(repo: RepoPlan, workspace: Workspace) -> tuple[Hop, ...]:
    """Return the route from which the merges of a repository's plan were made.

    Its branches are those of the plan, even if the configuration has others by now.
    """

    def hop(step: MergeStep) -> Hop:
        names, branches = (step.merge.source, step.merge.target), (step.source_branch, step.branch)
        source, target = (
            replace(workspace.planned_stage(name), branch=branch)
            for name, branch in zip(names, branches, strict=True)
        )
        forward = workspace.is_later(target, source)
        return Hop(source, target, accepting(step.merge.message), forward)

    return tuple(map(hop, repo.merges()))


def to_plan_again(operation: Operation, remotes: Mapping[str, RemoteState]) -> tuple[RepoPlan, ...]:
    """Return the repositories that someone else moved and that can be planned again.

    They have only merges to do, the remote has nothing of them, not even the tag, and no deployment
    was requested: a second one would have the name of the first.
    """

    def fits(repo: RepoPlan) -> bool:
        remote = remotes.get(repo.repo)
        if remote is None or repo.state is not State.PLANNED:
            return False
        moved = known_state(operation, repo, remote) is State.FAILED
        clear = not remote.published and not (repo.tag and remote.now.get(tag_ref(repo.tag)))
        only_merges = bool(repo.branch_steps()) and repo.branch_steps() == repo.merges()
        return moved and clear and only_merges and not operation.state.of(repo.repo).deployed

    return tuple(filter(fits, operation.plan.repos))


def resumed(
    operation: Operation,
    remotes: Mapping[str, RemoteState],
    replanned: Mapping[str, RepoPlan],
    *,
    skip_blocked: bool,
) -> Operation:
    """Return the operation with what is left to do, and how far it got according to the remotes.

    `replanned` holds the new plans of repositories that someone else moved: there, nothing began.
    """

    def left(repo: RepoPlan) -> tuple[RepoPlan, Progress]:
        if repo.state not in {State.PLANNED, State.PUBLISHED}:
            return repo, operation.state.of(repo.repo)
        remote = remotes.get(repo.repo, RemoteState())  # not read if there is nothing to publish
        known = known_state(operation, repo, remote)
        if known is State.FAILED and repo.repo in replanned:
            return replanned[repo.repo], NO_PROGRESS
        progress = corrected(operation, repo, remote, known)
        if known is State.PUBLISHED:
            return to_deploy(repo, progress), progress
        problems = (*repo.problems, *in_the_way(repo, progress, known, remote))
        plan = replace(repo, state=State.PLANNED, problems=problems)
        return stopped(plan, skip_blocked=skip_blocked and not progress.begun), progress

    parts = {repo.repo: left(repo) for repo in operation.plan.repos}
    plans = tuple(plan for plan, _ in parts.values())
    plan = replace(operation.plan, wait=True, skip_blocked=skip_blocked, repos=plans)
    known = {name: each for name, (_, each) in parts.items() if each != NO_PROGRESS}
    state = replace(operation.state, repos=known)
    return replace(operation, plan=plan, state=state, before=state)


def corrected(operation: Operation, repo: RepoPlan, remote: RemoteState, known: State) -> Progress:
    """Return how far a repository got, corrected by its remote; `known` is the state there.

    An unpublished repository counts as started if its remote has something of it, may have, or once
    had all of it, or if a deployment was requested. Deployments never requested are dropped.
    """
    progress, name = operation.state.of(repo.repo), repo.repo
    requested = {target: each for target, each in progress.deployments.items() if each.begun}
    if known is State.PUBLISHED:
        begun_there = bool(repo.updates()) or progress.deployed
        return replace(progress, settled=State.PUBLISHED, begun=begun_there, deployments=requested)
    may_be_there = (
        progress.settled in {State.PUBLISHED, State.UNKNOWN}
        or name in operation.state.flights
        or (progress.begun and remote.problem is not None)
        or bool(remote.published)
        or progress.deployed
    )
    return replace(progress, settled=None, begun=may_be_there, deployments=requested)


def to_deploy(repo: RepoPlan, progress: Progress) -> RepoPlan:
    """Return the plan of a published repository; it may still have deployments to make."""
    done = State.PUBLISHED if repo.updates() else State.DEPLOYED
    return replace(repo, state=State.PLANNED if any(still_to_come(repo, progress)) else done)


def any_unseen_commit(plan: Plan, state: OperationState) -> bool:
    """Return whether files will be committed whose names, but not contents, were confirmed."""
    return any(
        not step.commit and branch_ref(step.branch) not in state.of(repo.repo).made
        for repo in plan.planned()
        for step in repo.commits()
    )


def in_the_way(
    repo: RepoPlan, progress: Progress, state: State, remote: RemoteState
) -> tuple[Problem, ...]:
    """Return why the rest of a repository cannot be published now."""
    match state:
        case State.NOT_PUBLISHED:
            return (promoted_further(remote),) if remote.onward else ()  # since an undo began
        case State.FAILED:
            return tuple(moved(repo, progress.made, remote))
        case _:
            return (remote.problem,) if remote.problem else ()


def known_state(operation: Operation, repo: RepoPlan, remote: RemoteState) -> State:
    """Return the state of a repository, by its remote and what was recorded before.

    A published repository stays published if its remote cannot be read, and an undone one stays
    undone if its branch has moved since.
    """
    state = state_of(repo, remote)
    moved_since = state is State.FAILED and bool(operation.plan.undoes)
    published = operation.state.of(repo.repo).published
    return State.PUBLISHED if published and (moved_since or state is State.UNKNOWN) else state


def promoted_further(remote: RemoteState) -> Problem:
    """Return the problem that what an undo was to reset has reached a later stage since."""
    message = f"was promoted further to {', '.join(remote.onward)} since the undo began."
    return Problem("promoted_onwards", message, Hint.START_OVER)


def moved(repo: RepoPlan, made: Objects, remote: RemoteState) -> Iterable[Problem]:
    """Yield a problem for each ref that someone else moved."""
    for update in repo.updates():
        if update.ref not in remote.published | remote.held:
            name = short(update.ref)
            now = remote.now.get(update.ref, "")[:7] or "nothing"
            expected = (made.get(update.ref, "") or update.before)[:7]
            message = f"{name} is at {now} on the remote, not at {expected}."
            yield Problem("moved", message, Hint.START_OVER)
