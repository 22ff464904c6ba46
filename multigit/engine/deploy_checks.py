"""Preflight checks: find while planning what would keep deployments from starting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from multigit.core.planning.plan import Plan
from multigit.core.progress.deployments import planned_specs
from multigit.core.progress.earlier import Earlier, LastOperation, Look, SeenDeployment
from multigit.core.progress.findings import Findings
from multigit.core.progress.state import OperationState
from multigit.core.values.deployment import DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import utc
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Checks, RunnerPort
from multigit.errors import MultigitError, NotStartedError, RunGoneError
from multigit.phrase import phrase

POLLS = 4  # after the first, of a run that has more to show


def look_at(
    last: Mapping[str, LastOperation], runners: RunnerPort, fleet: Fleet
) -> Mapping[str, Look]:
    """Ask the hosts about the last deployment of each repository; never raises."""

    def look(last: LastOperation, _: ShowActivity) -> Look:
        return Look(tuple(seen for each in last.each() for seen in _all_seen(each, runners)))

    phase, doing = "Checking earlier deployments", "checking its last deployment"
    return fleet.for_each(last, look, phase=phase, doing=doing).all()


def _all_seen(last: LastOperation, runners: RunnerPort) -> Iterator[SeenDeployment]:
    """Yield what a look at the deployments of one operation finds."""
    if last.lost or not (last.deployments or last.ended):
        lost = last.lost or "there is no trace of it."
        yield SeenDeployment(last, last.operation, RunState.UNKNOWN, lost)
    yield from (SeenDeployment(last, last.operation, state) for state in last.ended)
    yield from (_seen(last, each, runners) for each in last.deployments)


def _seen(last: LastOperation, earlier: Earlier, runners: RunnerPort) -> SeenDeployment:
    """Look at one deployment; it failed if it was seen to fail, and its host does not say more.

    One that failed and that its host does not have any more is not running again.
    """
    unread = False
    try:
        status = _status(earlier, runners)
    except MultigitError as error:
        decided = earlier.may_be_rerun or earlier.superseded
        unread = decided and not isinstance(error, RunGoneError)
        state = earlier.state if earlier.may_be_rerun else RunState.UNKNOWN
        status = RunStatus(state, detail=error.message)
    return SeenDeployment(
        last,
        earlier.spec.key,
        status.state,
        status.detail,
        status.url,
        unread=unread,
        superseded=earlier.superseded,
    )


def _status(earlier: Earlier, runners: RunnerPort) -> RunStatus:
    """Return the state of a deployment now, if it may be running.

    A run that succeeded says nothing about the health that was found after it. Raises MultigitError
    if its host does not say.
    """
    if not earlier.may_run:
        return RunStatus(earlier.state)
    try:
        run = earlier.run or runners.find(earlier.spec)
        status = _polled(earlier.spec, run, runners) if run else _idle(earlier.spec, runners)
    except NotStartedError:
        return RunStatus(RunState.NOT_STARTED)
    if status is None:
        word = "pushed" if earlier.spec.runner.by_push else "requested"
        sentence = f"it was {word} at {{time}}, and no run of it was found."
        detail = phrase(sentence, time=utc(earlier.spec.since))
        status = RunStatus(RunState.UNKNOWN, detail=detail)
    gone = status.state is RunState.UNKNOWN and earlier.may_be_rerun
    unhealthy = status.state is RunState.SUCCEEDED and earlier.state is RunState.UNHEALTHY
    return RunStatus(earlier.state) if gone or unhealthy else status


def _idle(spec: DeploymentSpec, runners: RunnerPort) -> RunStatus | None:
    """Return how a deployment ended whose push certainly started no run, or None."""
    idle = runners.idle(spec)
    certain = idle and idle.end is not RunState.UNKNOWN
    return RunStatus(idle.end, detail=idle.reason) if idle and certain else None


def _polled(spec: DeploymentSpec, run: Run, runners: RunnerPort) -> RunStatus:
    """Poll a run until it has nothing more to show: it may take a few polls to read its end."""
    status = runners.poll(spec, run)
    for _ in range(POLLS):
        status = runners.poll(spec, run) if status.more else status
    return status


def preflight(
    plan: Plan,
    state: OperationState,
    runners: RunnerPort,
    fleet: Fleet,
    *,
    checks: Checks | None = None,
) -> Findings:
    """Return the problems that the deployments of a plan would meet, by repository.

    `checks`, if given, return why a repository's source commit is not green at its host.
    """
    specs: dict[str, list[DeploymentSpec]] = {}
    for spec in planned_specs(plan, state):
        specs.setdefault(spec.repo, []).append(spec)
    there = state.published()
    ahead = (repo for repo in plan.planned() if repo.merges() and repo.repo not in there)
    sources = {repo.repo: repo.merges()[-1].merge.theirs.sha for repo in ahead} if checks else {}
    names = {name: name for name in (*specs, *sources)}
    if not names:
        return {}

    def check(name: str, _: ShowActivity) -> Sequence[Problem]:
        found = [p for spec in specs.get(name, []) for p in runners.check(spec)]
        return [*found, *(checks(name, sources[name]) if checks and name in sources else ())]

    phase, doing = "Checking deployments", "checking its deployment"
    found = fleet.for_each(names, check, phase=phase, doing=doing)
    return found.completed(lambda _, error: [Problem.of(error)])
