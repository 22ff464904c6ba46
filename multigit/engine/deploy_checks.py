"""Preflight checks: find while planning what would keep deployments from starting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.core.planning.plan import Plan
from multigit.core.progress.deployments import planned_specs
from multigit.core.progress.findings import Findings
from multigit.core.progress.state import OperationState
from multigit.core.values.deployment import DeploymentSpec, Run, RunStatus
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem, Severity
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Checks, RunnerPort
from multigit.errors import MultigitError, NotStartedError
from multigit.hints import Hint

POLLS = 4  # after the first, of a run that has more to show
Unfinished = Sequence[tuple[DeploymentSpec, Run | None]]  # deployments of one repository


def check_earlier_deployments(
    plan: Plan, before: Mapping[str, Unfinished], runners: RunnerPort, fleet: Fleet
) -> Mapping[str, Sequence[Problem]]:
    """Return the problems of earlier deployments to the stage whose end was not seen.

    One that is still running blocks. An unknown result is a warning, for a person to check: as an
    error it would block the stage forever.
    """

    def check(unfinished: Unfinished, _: ShowActivity) -> Sequence[Problem]:
        if not unfinished:
            return [_result_unknown(plan.target)]
        found = (_problem_of(spec, run, runners, plan.target) for spec, run in unfinished)
        return [problem for problem in found if problem]

    phase, doing = "Checking earlier deployments", "checking its last deployment"
    return fleet.for_each(before, check, phase=phase, doing=doing).all()


def _problem_of(
    spec: DeploymentSpec, run: Run | None, runners: RunnerPort, stage: str
) -> Problem | None:
    """Return the problem of a deployment that is still running, or whose result is unknown."""
    try:
        run = run or runners.find(spec)
        status = _polled(spec, run, runners) if run else None
    except NotStartedError:
        return None
    except MultigitError as error:
        return _result_unknown(stage, error.message)
    if status is None:
        return _result_unknown(stage)
    if status.state.has_result:
        return None
    if status.state.over:
        return _result_unknown(stage, status.detail)
    operation = spec.key.partition("/")[0]
    return Problem(
        "still_deploying",
        f"a deployment to {stage} is still running ({status.state.in_words}): {operation}",
        Hint.WATCH_OPERATION.format(operation=operation),
    )


def _polled(spec: DeploymentSpec, run: Run, runners: RunnerPort) -> RunStatus:
    """Poll a run until it has nothing more to show: it may take a few polls to read its end."""
    status = runners.poll(spec, run)
    for _ in range(POLLS):
        status = runners.poll(spec, run) if status.more else status
    return status


def _result_unknown(stage: str, reason: str = "there is no trace of it.") -> Problem:
    return Problem(
        "deployment_in_doubt",
        f"the result of its last deployment to {stage} is unknown: {reason}",
        "Check where it runs before you continue.",
        Severity.WARN,
    )


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
