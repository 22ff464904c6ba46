"""Continuing an unfinished operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from multigit.core.planning.consent import Consent
from multigit.core.planning.merges import MergeRequest, plan_repository
from multigit.core.planning.plan import RepoPlan, Result, State
from multigit.core.progress.deployments import starts_again
from multigit.core.progress.journal import Operation
from multigit.core.recovery.resume import any_unseen_commit, hops_of, resumed, to_plan_again
from multigit.core.recovery.ways_out import only_the_record
from multigit.core.values.start_time import StartTime
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.pending_push import pending_pushes
from multigit.operation.context import context_of
from multigit.operation.exclusive import alone
from multigit.operation.holding import with_holds
from multigit.operation.preflight import with_preflight_again
from multigit.operation.recovery import ask_remotes, unfinished
from multigit.operation.run import Closed, Ended, OperationRun

if TYPE_CHECKING:
    from multigit.operation.session import Session


def continue_(
    session: Session,
    consent: Consent,
    *,
    skip_blocked: bool,
    accept_reverts: bool,
    roll_forward: bool = False,
    wait: bool = True,
) -> Ended | Closed:
    """Do what is left of the unfinished operation, as confirmed before.

    A person at the terminal is asked again before something that failed, was cancelled or rejected
    is deployed again. Without `wait` it returns when the deployments of the next wave have started.
    """
    with alone(session, "continue", dry_run=consent.dry_run) as over:
        if over and not session.files.unfinished():
            return Closed("continue", over[-1])
        journal, operation = unfinished(session)
        if accept_reverts or roll_forward:
            decided = replace(
                operation.plan, accept_reverts=accept_reverts, roll_forward=roll_forward
            )
            operation = replace(operation, plan=decided)
        known = operation.state.flights  # which of them are over is asked before the remotes
        flights = pending_pushes(session.git, session.workspace, known)
        onward, looks_on = bool(operation.plan.undoes), not consent.dry_run
        remotes = ask_remotes(session, journal, operation, onward=onward, wait=looks_on)
        moved = to_plan_again(operation, remotes)
        again = _plan_again(session, operation, moved, skip_blocked=skip_blocked)
        left = resumed(operation, remotes, again, skip_blocked=skip_blocked)
        left = replace(left, plan=replace(left.plan, wait=wait))
        held_plan, held = with_holds(session, left.plan, consent, left.state)
        left = replace(left, plan=held_plan)
        plan, doubts = with_preflight_again(session, left, consent)
        planned_again = any(repo.state is State.PLANNED for repo in again.values())
        to_be_asked = planned_again or any_unseen_commit(plan, left.state)
        to_be_asked |= session.screen.interactive and starts_again(plan, left.state)
        agreed = None if to_be_asked else operation.agreement
        there = left.state.published()
        flights = {repo: each for repo, each in flights.items() if repo not in there}
        state = replace(left.state, flights=flights)
        context = context_of(session)
        run = OperationRun(context, plan, consent, journal, agreed, state, doubts=doubts, held=held)
        if plan.result is not Result.NOTHING:
            return run.carry_out()
        if consent.dry_run:
            return run.leave(only_the_record(plan, operation.plan))
        return run.finish(journal, operation)


def _plan_again(
    session: Session, operation: Operation, moved: Sequence[RepoPlan], *, skip_blocked: bool
) -> Mapping[str, RepoPlan]:
    """Plan again the repositories whose branches have moved since."""
    space = session.workspace
    plans: dict[str, RepoPlan] = {}
    for plan in moved:
        repo, hops = space.repo(plan.repo), hops_of(plan, space)
        request = MergeRequest(
            command=operation.plan.command,
            start_time=StartTime.of(operation.plan.date),
            hops=hops,
            repos=(repo,),
            skip_blocked=skip_blocked,
            accept_reverts=operation.plan.accept_reverts,
            roll_forward=operation.plan.roll_forward,
            later=space.stages_of(repo, space.later_than(hop.target.name for hop in hops)),
        )
        observation = MergeObservation(request)
        seen = session.observe((repo,), observation.of)
        plans[repo.name] = plan_repository(
            request, space, repo, seen[repo.name], operation.plan.release if plan.tag else ""
        )
    return plans
