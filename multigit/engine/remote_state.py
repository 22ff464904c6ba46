"""Read what every remote holds of an operation now. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, compared, later_stages
from multigit.core.values.flight import Flight
from multigit.core.values.git_answers import Publication, RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.refs import HEADS, branch_ref
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Stage, Workspace
from multigit.engine.fleet import Fleet
from multigit.engine.pending_push import read_after_push
from multigit.engine.ports import Git, Repository
from multigit.engine.publish import built_on, is_in
from multigit.engine.retry import with_retry
from multigit.errors import RefusedError


def read_remote_states(
    git: Git,
    workspace: Workspace,
    operation: Operation,
    fleet: Fleet,
    *,
    onward: bool = False,
    flights: Mapping[str, Flight] | None = None,
    wait: bool = True,
) -> Mapping[str, RemoteState]:
    """Return the remote state of each repository of the operation that has refs to publish.

    With `onward` the repository's other stages are read over the same connection, to find out which
    of the later ones have it by now.
    `flights` are the pushes to mind, which may still change that: with `wait` they are waited for.
    """
    repos = {repo.name: repo for repo in workspace.repos}
    plans = {
        plan.repo: plan
        for plan in operation.plan.repos
        if plan.state in {State.PLANNED, State.PUBLISHED} and plan.updates()
    }

    def ask(plan: RepoPlan, show: ShowActivity) -> RemoteState:
        repository = git.repository(repos[plan.repo]) if plan.repo in repos else None
        read_once, flight = partial(read, repository, plan, show), (flights or {}).get(plan.repo)
        if flight is None:
            return read_once()
        return read_after_push(repository, plan, flight, read_once, wait=wait, show=show)

    def read(repository: Repository | None, plan: RepoPlan, show: ShowActivity) -> RemoteState:
        if repository is None:
            raise RefusedError(
                "is no longer in the configuration.",
                hint="Restore it there first.",
                code="unknown_repository",
            )
        made = operation.state.of(plan.repo).made
        wanted = [Publication(u.ref, u.before, made.get(u.ref, "")) for u in plan.updates()]
        refs = [each.ref for each in wanted]
        later = later_stages(workspace, plan) if onward else ()
        every = workspace.stages_of(repos[plan.repo], workspace.stages) if onward else ()
        asked = [*dict.fromkeys([*refs, *(branch_ref(stage.branch) for stage in every)])]
        now = with_retry(lambda: repository.remote_refs(asked), show=show)
        overtaken = frozenset(built_on(repository, wanted, now))
        moves = [(each.before, each.after) for each in wanted if each.ref.startswith(HEADS)]
        if operation.plan.undoes:  # it goes from what was published to what was there before
            moves = [(before, published) for published, before in moves]
        since = StartTime.of(operation.plan.date).time.timestamp()
        stages = carried_onward(repository, plan, moves, later, now, int(since))
        return compared(plan, made, now, overtaken=overtaken, onward=stages)

    results = fleet.for_each(plans, ask, phase="Asking the remotes", doing="asking the remote")
    return results.completed(lambda _, error: RemoteState(problem=Problem.of(error)))


def carried_onward(
    repository: Repository,
    plan: RepoPlan,
    moves: Sequence[tuple[str, str]],
    later: Sequence[Stage],
    now: Mapping[str, str],
    since: int,
) -> tuple[str, ...]:
    """Return the later stages whose branches have what one of the moves published, in any form.

    A move is what a branch held before and after. The plan knows what the later ones held when it
    was made; if it does not, `since` is when that was, in Unix seconds.
    """
    published = [(before, after) for before, after in moves if after]
    found = []
    for stage in later if published else ():
        ref = branch_ref(stage.branch)
        there, then = now.get(ref, ""), plan.later.get(ref)
        if there and not repository.holds([there]):
            repository.fetch(RefQuery((stage.branch,)))
        if then is None or not repository.holds([then] if then else []):
            then = repository.as_of(there, since) if there else ""
        if there and any(holds_content(repository, there, then, *move) for move in published):
            found.append(stage.name)
    return tuple(found)


def holds_content(repository: Repository, there: str, then: str, before: str, after: str) -> bool:
    """Return whether a later stage has a commit, or since then its whole content in others.

    A squash merge brings it without the commit. A hotfix that was there before does not count.
    """
    if is_in(repository, there, after):
        return True
    if not before or then == there or not repository.holds([before, after]):
        return False
    lacked = not then or lacks(repository, then, before, after)
    return lacked and not lacks(repository, there, before, after)


def lacks(repository: Repository, there: str, before: str, after: str) -> bool:
    """Return whether a merge of `after` would bring more than one of `before`, or conflict."""
    ours = repository.tip(there)
    old, new = (repository.merge(ours, repository.tip(sha), None) for sha in (before, after))
    return new.conflicted or old.conflicted or new.tree != old.tree
