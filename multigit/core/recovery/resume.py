"""Continuing an operation, or closing it: from its journal and what the remotes hold now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.plan import Plan, RepoPlan, Result, State, settle
from multigit.core.planning.routes import Hop
from multigit.core.progress.deployments import known_deployments, outstanding
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.remote_state import RemoteState, state_of
from multigit.core.progress.state import NO_PROGRESS, OperationState, Progress
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
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
        only_merges = bool(repo.moves()) and repo.moves() == repo.merges()
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
    plans: list[RepoPlan] = []
    repos: dict[str, Progress] = {}
    for repo in operation.plan.repos:
        name, plan, progress = repo.repo, repo, operation.state.of(repo.repo)
        if repo.state in {State.PLANNED, State.PUBLISHED}:
            remote = remotes.get(name, RemoteState())  # nothing to publish: nothing to ask
            known = known_state(operation, repo, remote)
            progress = corrected(operation, repo, remote, known)
            if known is State.FAILED and name in replanned:
                plan, progress = replanned[name], NO_PROGRESS
            elif known is State.PUBLISHED:
                plan = to_deploy(repo, progress)
            else:
                problems = (*repo.problems, *in_the_way(repo, progress, known, remote))
                skip = skip_blocked and not progress.begun
                plan = replace(repo, state=State.PLANNED, problems=problems)
                plan = settle(plan, skip_blocked=skip)
        plans.append(plan)
        if progress != NO_PROGRESS:
            repos[name] = progress
    left = replace(operation.plan, wait=True, skip_blocked=skip_blocked, repos=tuple(plans))
    state = replace(operation.state, repos=repos)
    return replace(operation, plan=left, state=state, before=state)


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
    return Problem("promoted_onwards", message, Hint.BEGIN_AGAIN)


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
                Hint.BEGIN_AGAIN,
            )


def as_it_stands(operation: Operation, remotes: Mapping[str, RemoteState], how: str) -> Report:
    """Return the report of an operation that ends unfinished; `how` is undone or abandoned.

    A repository without a remote was taken back, or never had anything to publish. Where nothing
    of it is left, nothing came of it; otherwise it failed to do all that it was to do.
    """
    plan = operation.plan
    outcomes = tuple(_left(operation, repo, remotes.get(repo.repo)) for repo in plan.repos)
    still_running = any(each.run and each.state.may_run for o in outcomes for each in o.deployments)
    message = f"{plan.operation} was {how} before it was finished."
    hint = Hint.RUNS_ON if still_running else ""
    problem = Problem(how, message, hint, severity=Severity.WARN)
    result = _closed_with(outcomes)
    return Report(plan, result, outcomes, problems=(problem,), closing=CLOSING[how])


def _closed_with(outcomes: Sequence[Outcome]) -> Result:
    """Return nothing where nothing of it is left, done where all of it is, else failed."""
    if all(o.state in NOTHING_LEFT and not o.deployments for o in outcomes):
        return Result.NOTHING
    deployed = (each.state is RunState.SUCCEEDED for o in outcomes for each in o.deployments)
    reached = {State.PUBLISHED, State.DEPLOYED, State.UP_TO_DATE, State.SKIPPED}
    whole = all(o.state in reached for o in outcomes) and all(deployed)
    return Result.DONE if whole else Result.FAILED


CLOSING = {"undone": "undo", "abandoned": "abandon"}
NOTHING_LEFT = {State.NOT_PUBLISHED, State.UP_TO_DATE, State.SKIPPED, State.BLOCKED}


def _left(operation: Operation, repo: RepoPlan, remote: RemoteState | None) -> Outcome:
    """Return how one repository is left."""
    gone = State.NOT_PUBLISHED if repo.updates() else repo.state
    state = known_state(operation, repo, remote) if remote else gone
    made, known = operation.state.of(repo.repo).made, operation.state.of(repo.repo).deployments
    deployments = tuple(map(_closed, known_deployments(repo, known))) if known else ()
    if known and not repo.updates():
        state = State.DEPLOYED
    elif state is State.PLANNED:  # a deployment that never began
        state = State.NOT_PUBLISHED
    if state is State.NOT_PUBLISHED and remote and remote.there:  # continue would complete it
        problems = (*repo.problems, half_published(repo, remote))
        return Outcome(repo, State.FAILED, made, problems, partial=True, deployments=deployments)
    return Outcome(repo, state, made, repo.problems, deployments=deployments)


def half_published(repo: RepoPlan, remote: RemoteState) -> Problem:
    """Return that the remote has only some of what a repository was to publish."""
    refs = [update.ref for update in repo.updates()]
    has = ", ".join(short(ref) for ref in refs if ref in remote.there)
    lacks = ", ".join(short(ref) for ref in refs if ref not in remote.there)
    message = f"only a part is on the remote: it has {has}, but not {lacks}."
    return Problem("half_published", message, "Look at what the remote holds now.")


def _closed(deployment: Deployment) -> Deployment:
    """Return a deployment as it is left: of a start without a run nobody will learn more."""
    if deployment.run or not deployment.state.may_run:
        return deployment
    detail = deployment.sight.detail or "it was asked for, and nobody saw it begin."
    sight = replace(deployment.sight, state=RunState.UNKNOWN, detail=detail)
    return replace(deployment, state=RunState.UNKNOWN, sight=sight)


TAKEN_BACK = Problem("taken_back", "was published, and was taken back.", severity=Severity.WARN)


def after_undo(operation: Operation, undo: Report) -> Report:
    """Return the report of an unfinished operation that was taken back where that was possible.

    A repository that the undo left out stays as it is: published, unless somebody replaced it.
    """
    back = {o.repo for o in undo.outcomes if o.state is State.PUBLISHED}
    left = {o.repo: {p.code for p in o.problems} for o in undo.outcomes if o.state is State.SKIPPED}
    remotes = {
        repo.repo: RemoteState()
        if "moved" in left[repo.repo]
        else RemoteState(done=frozenset(update.ref for update in repo.updates()))
        for repo in operation.plan.repos
        if repo.repo in left
    }
    report = as_it_stands(operation, remotes, "undone")
    outcomes = tuple(
        replace(each, problems=(*each.problems, TAKEN_BACK)) if each.repo in back else each
        for each in report.outcomes
    )
    return replace(report, result=Result.FAILED if back else report.result, outcomes=outcomes)
