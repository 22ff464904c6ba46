"""The last deployments to a stage: from journals, else from the log, and as their hosts say."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Plan
from multigit.core.progress.earlier import LastOperation, Look
from multigit.core.records.last_deployments import (
    MAY_RUN,
    LastDeployment,
    LastDeployments,
    as_seen,
    failed_last,
)
from multigit.core.records.logged import STATES, logged_operation
from multigit.core.values.deployment import RunState
from multigit.errors import MultigitError
from multigit.operation.unfinished import last_deployed

if TYPE_CHECKING:
    from multigit.operation.session import Session


def that_may_run(
    session: Session, stage: str, names: Iterable[str], last: LastDeployments
) -> Mapping[str, LastOperation]:
    """Return, by repository, the last operations of which something may be running now.

    One that was not seen to end, or that failed and may have been rerun on its page. Those before
    it count where it started nothing.
    """
    known = {name: last[name][stage] for name in names if stage in last.get(name, {})}
    unsure = {name: each for name, each in known.items() if each.may_run or each.went_wrong}
    found = {name: _last_operation(session, stage, name, each) for name, each in unsure.items()}
    return {name: each for name, each in found.items() if each.may_run}


def left_by_hold(
    session: Session, plan: Plan, names: Sequence[str], known: Mapping[str, LastOperation]
) -> Mapping[str, LastOperation]:
    """Return the same of repositories in which another machine's roll-back may still be running.

    Its hold on the target says so. What this workspace knows of that operation itself counts more.
    """
    hold = plan.holds.get(plan.target)
    files = session.files
    if hold is None or hold.operation in files.unfinished() or files.history.of(hold.operation):
        return {}
    lost = "another machine rolled it back, and did not see that end."
    back = LastOperation(hold.operation, lost=lost, here=False)
    found = {name: known[name].each() if name in known else () for name in names}
    return {name: replace(back, before=found[name]) for name in names if name in hold.running}


def looks_at(session: Session, operations: Mapping[str, LastOperation]) -> Mapping[str, Look]:
    """Ask the hosts about these operations' deployments."""
    if not operations:
        return {}
    from multigit.engine.deploy_checks import look_at

    with session.fleet() as fleet:
        return look_at(operations, session.runners(fleet.listener), fleet)


def went_wrong(
    session: Session, stage: str, names: Sequence[str]
) -> tuple[AbstractSet[str], Mapping[str, Look]]:
    """Return the repositories whose last deployment to a stage failed, and what a look found.

    Their hosts are asked. One whose result is unknown may have failed, too.
    """
    known = last_deployed(session)
    looks = looks_at(session, that_may_run(session, stage, names, known))
    last = as_seen(known, stage, {name: look.state for name, look in looks.items()})
    unknown = {name for name, look in looks.items() if look.doubts}
    return (failed_last(last, stage) | unknown) & {*names}, looks


def _last_operation(session: Session, stage: str, name: str, last: LastDeployment) -> LastOperation:
    """Return the last operation with those before it, each with the targets that it has."""
    mine, *before = (
        _with_states(_read(session, stage, name, operation), states)
        for operation, states in last.by_operation().items()
    )
    unsettled = (
        _at(_read(session, stage, name, operation), targets).superseded()
        for operation, targets in last.unsettled().items()
    )
    return replace(mine, before=(*before, *(each for each in unsettled if each.deployments)))


def _with_states(operation: LastOperation, states: Mapping[str, str]) -> LastOperation:
    """Return what is known of an operation at these targets; `states` are those of the log.

    If its details are lost, and the log says how it ended, that counts.
    """
    ours = _at(operation, states)
    if ours.deployments or (operation.lost and MAY_RUN & set(states.values())):
        return ours
    ended = tuple(STATES.get(state, RunState.UNKNOWN) for state in states.values())
    return replace(operation, deployments=(), lost="", ended=ended)


def _at(operation: LastOperation, targets: Container[str]) -> LastOperation:
    """Return what is known of an operation at these targets."""
    ours = (each for each in operation.deployments if each.spec.target in targets)
    return replace(operation, deployments=tuple(ours))


def _read(session: Session, stage: str, name: str, operation: str) -> LastOperation:
    try:
        _, noted = session.files.read_journal(operation)
    except MultigitError:  # from another machine, or deleted
        space, records = session.workspace, session.files.history.of(operation)
        repo, to = space.repo(name), space.planned_stage(stage)
        return logged_operation(operation, records, space, repo, to)
    return LastOperation.of(noted, name)
