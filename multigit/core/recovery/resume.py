"""Continuing an operation, or closing it: from its journal and what the remotes hold now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.plan import Plan, RepoPlan, State, stopped
from multigit.core.planning.routes import Hop
from multigit.core.progress.deployments import outstanding
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, state_of
from multigit.core.progress.state import NO_PROGRESS, OperationState, Progress
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects, branch_ref, short, tag_ref
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint


def hops_of(repo: RepoPlan, workspace: Workspace) -> tuple[Hop, ...]:
    """Return the merges of a repository's plan as the route they came from."""
    stage = workspace.planned_stage
    return tuple(
        Hop(stage(merge.source), stage(merge.target), accepting(merge.message))
        for merge in (step.merge for step in repo.merges())
    )


def to_plan_again(operation: Operation, remotes: Mapping[str, RemoteState]) -> tuple[RepoPlan, ...]:
    """Return the repositories that somebody moved and that can be planned once more.

    Nothing but merges is to do there, nothing of it is left on the remote, also not its tag, and
    none of its deployments was begun: a second one would go by the name of the first.
    """

    def fits(repo: RepoPlan) -> bool:
        remote = remotes.get(repo.repo)
        if remote is None or repo.state is not State.PLANNED:
            return False
        moved = known_state(operation, repo, remote) is State.FAILED
        clear = not remote.there and not (repo.tag and remote.now.get(tag_ref(repo.tag)))
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
    """Return the operation with the plan of what is left, and how far it got by the remotes.

    `replanned` are the plans of repositories that were moved: of these nothing was begun.
    """
    left = {
        repo.repo: _left(operation, repo, remotes, replanned, skip_blocked=skip_blocked)
        for repo in operation.plan.repos
    }
    plans = tuple(plan for plan, _ in left.values())
    plan = replace(operation.plan, wait=True, skip_blocked=skip_blocked, repos=plans)
    known = {name: each for name, (_, each) in left.items() if each != NO_PROGRESS}
    state = replace(operation.state, repos=known)
    return replace(operation, plan=plan, state=state, before=state)


def _left(
    operation: Operation,
    repo: RepoPlan,
    remotes: Mapping[str, RemoteState],
    replanned: Mapping[str, RepoPlan],
    *,
    skip_blocked: bool,
) -> tuple[RepoPlan, Progress]:
    """Return the plan of what is left in one repository, and how far it got."""
    if repo.state not in {State.PLANNED, State.PUBLISHED}:
        return repo, operation.state.of(repo.repo)
    remote = remotes.get(repo.repo, RemoteState())  # nothing to publish: nothing to ask
    known = known_state(operation, repo, remote)
    if known is State.FAILED and repo.repo in replanned:
        return replanned[repo.repo], NO_PROGRESS
    progress = corrected(operation, repo, remote, known)
    if known is State.PUBLISHED:
        return to_deploy(repo, progress), progress
    problems = (*repo.problems, *in_the_way(repo, progress, known, remote))
    plan = replace(repo, state=State.PLANNED, problems=problems)
    return stopped(plan, skip_blocked=skip_blocked and not progress.begun), progress


def corrected(operation: Operation, repo: RepoPlan, remote: RemoteState, known: State) -> Progress:
    """Return how far a repository got, by what its remote holds now; `known` is its state by that.

    What is not published is begun where the remote has some of it, or may have, or once had all of
    it; and where a deployment was begun, which is not started once more. Of deployments that never
    began nothing is kept.
    """
    progress, name = operation.state.of(repo.repo), repo.repo
    begun = {target: each for target, each in progress.deployments.items() if each.begun}
    if known is State.PUBLISHED:
        there = bool(repo.updates()) or progress.deployed
        return replace(progress, settled=State.PUBLISHED, begun=there, deployments=begun)
    may_be_there = (
        progress.settled in {State.PUBLISHED, State.UNKNOWN}
        or name in operation.state.flights
        or (progress.begun and remote.problem is not None)
        or bool(remote.there)
        or progress.deployed
    )
    return replace(progress, settled=None, begun=may_be_there, deployments=begun)


def to_deploy(repo: RepoPlan, progress: Progress) -> RepoPlan:
    """Return the plan of a repository that is published: its deployments may be left."""
    done = State.PUBLISHED if repo.updates() else State.DEPLOYED
    return replace(repo, state=State.PLANNED if outstanding(repo, progress) else done)


def any_unseen_commit(plan: Plan, state: OperationState) -> bool:
    """Tell whether files will be committed of which only the names were agreed to."""
    return any(
        not step.commit and branch_ref(step.branch) not in state.of(repo.repo).made
        for repo in plan.planned()
        for step in repo.commits()
    )


def in_the_way(
    repo: RepoPlan, progress: Progress, state: State, remote: RemoteState
) -> tuple[Problem, ...]:
    """Return why what is not published of a repository cannot be published now."""
    match state:
        case State.NOT_PUBLISHED:
            return (promoted_onwards(remote),) if remote.onward else ()  # since an undo began
        case State.FAILED:
            return tuple(moved(repo, progress.made, remote))
        case _:
            return (remote.problem,) if remote.problem else ()


def known_state(operation: Operation, repo: RepoPlan, remote: RemoteState) -> State:
    """Return where a repository stands, by its remote and by what was settled before.

    A remote that does not answer takes nothing back; nor does a branch go forward again because it
    moved after an undo had set it back.
    """
    state = state_of(repo, remote)
    moved_since = state is State.FAILED and bool(operation.plan.undoes)
    published = operation.state.of(repo.repo).published
    return State.PUBLISHED if published and (moved_since or state is State.UNKNOWN) else state


def promoted_onwards(remote: RemoteState) -> Problem:
    """Return that what was to go back has reached a later stage meanwhile."""
    message = f"was promoted onwards to {', '.join(remote.onward)} since the undo began."
    return Problem("promoted_onwards", message, Hint.START_OVER)


def moved(repo: RepoPlan, made: Objects, remote: RemoteState) -> Iterable[Problem]:
    """Report each ref that holds neither what it did before nor what the operation made."""
    for update in repo.updates():
        if update.ref not in remote.there | remote.held:
            name = short(update.ref)
            now = remote.now.get(update.ref, "")
            wanted = made.get(update.ref, "") or update.before
            yield Problem(
                "moved",
                f"{name} is at {now[:7] or 'nothing'} on the remote, not at {wanted[:7]}.",
                Hint.START_OVER,
            )
