"""The end of an operation that is closed unfinished: undone, or abandoned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.plan import RepoPlan, Result, State
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.remote_state import RemoteState
from multigit.core.recovery.resume import known_state
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import short
from multigit.hints import Hint

CLOSING = {"undone": "undo", "abandoned": "abandon"}
NOTHING_LEFT = {State.NOT_PUBLISHED, State.UP_TO_DATE, State.SKIPPED, State.BLOCKED}
UNDONE = Problem("taken_back", "was published, then undone.", severity=Severity.WARN)


def closed_report(operation: Operation, remotes: Mapping[str, RemoteState], how: str) -> Report:
    """Return the report of an operation that is closed unfinished.

    `how` is undone or abandoned. A repository that is missing in `remotes` was undone, or never had
    anything to publish.
    """
    plan = operation.plan
    outcomes = tuple(_as_left(operation, repo, remotes.get(repo.repo)) for repo in plan.repos)
    still_running = any(each.run and each.state.may_run for o in outcomes for each in o.deployments)
    message = f"{plan.operation} was {how} before it was finished."
    hint = Hint.RUNNING_WATCH.format(which="") if still_running else ""
    problem = Problem(how, message, hint, Severity.WARN)
    result = _closed_with(outcomes)
    return Report(plan, result, outcomes, problems=(problem,), closing=CLOSING[how])


def _closed_with(outcomes: Sequence[Outcome]) -> Result:
    """Return nothing if nothing of it is left, done if all of it is, else failed."""
    if all(o.state in NOTHING_LEFT and not o.deployments for o in outcomes):
        return Result.NOTHING
    deployed = (each.state.good for o in outcomes for each in o.deployments)
    reached = {State.PUBLISHED, State.DEPLOYED, State.UP_TO_DATE, State.SKIPPED}
    whole = all(o.state in reached for o in outcomes) and all(deployed)
    return Result.DONE if whole else Result.FAILED


def _as_left(operation: Operation, repo: RepoPlan, remote: RemoteState | None) -> Outcome:
    gone = State.NOT_PUBLISHED if repo.updates() else repo.state
    state = known_state(operation, repo, remote) if remote else gone
    progress = operation.state.of(repo.repo)
    made, known = progress.made, progress.deployments
    deployments = tuple(map(_closed, known_deployments(repo, known))) if known else ()
    if known and not repo.updates():
        state = State.DEPLOYED
    elif state is State.PLANNED:  # its deployment never started
        state = State.NOT_PUBLISHED
    if state is State.NOT_PUBLISHED and remote and remote.published:  # continue would complete it
        problems = (*repo.problems, half_published(repo, remote))
        return Outcome(repo, State.FAILED, made, problems, partial=True, deployments=deployments)
    return Outcome(repo, state, made, repo.problems, deployments=deployments)


def half_published(repo: RepoPlan, remote: RemoteState) -> Problem:
    """Return the problem that a repository is only partly published."""
    refs = [update.ref for update in repo.updates()]
    has = ", ".join(short(ref) for ref in refs if ref in remote.published)
    lacks = ", ".join(short(ref) for ref in refs if ref not in remote.published)
    message = f"is only partly published: the remote has {has}, but not {lacks}."
    return Problem("half_published", message, "Look at what the remote holds now.")


def _closed(deployment: Deployment) -> Deployment:
    """Return a deployment as it is recorded: without a run, its result can never be known."""
    if deployment.run or not deployment.state.may_run:
        return deployment
    detail = deployment.status.detail or "it was requested, but no one saw it start."
    status = replace(deployment.status, state=RunState.UNKNOWN, detail=detail)
    return replace(deployment, state=RunState.UNKNOWN, status=status)


def after_undo(operation: Operation, undo: Report) -> Report:
    """Return the report of an unfinished operation after its undo.

    A repository that the undo skipped stays published, unless someone else moved its branch.
    """
    reset = {o.repo for o in undo.outcomes if o.state is State.PUBLISHED}
    kept = {o.repo: {p.code for p in o.problems} for o in undo.outcomes if o.state is State.SKIPPED}
    remotes = {
        repo.repo: RemoteState()
        if "moved" in kept[repo.repo]
        else RemoteState(done=frozenset(update.ref for update in repo.updates()))
        for repo in operation.plan.repos
        if repo.repo in kept
    }
    report = closed_report(operation, remotes, "undone")
    outcomes = tuple(
        replace(each, problems=(*each.problems, UNDONE)) if each.repo in reset else each
        for each in report.outcomes
    )
    return replace(report, result=Result.FAILED if reset else report.result, outcomes=outcomes)
