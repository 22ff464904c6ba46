"""The last deployment of each repository to each stage, as the deployment log has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from types import MappingProxyType

from multigit.core.planning.plan import Plan
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.deployment import Deployment, RunState, for_all_targets
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.start_time import unix_time
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint

MAY_RUN = {state for state in RunState if state.may_run}
UNDER_WAY = {state for state in MAY_RUN if not state.over}
WRONG = {state for state in RunState if not (state.may_run or state.good)}


@dataclass(frozen=True, slots=True)
class LastDeployment:
    """The last deployment of a repository to a stage, as the log has it; `at` is in UTC."""

    release: str
    at: str
    state: str
    operation: str = ""
    watched: str = ""

    @property
    def started_by(self) -> str:
        """Return the operation that started it, not one that watched it since."""
        return self.watched or self.operation

    @property
    def time(self) -> int:
        """Return when it was recorded, in Unix seconds; 0 if that is unknown."""
        return unix_time(self.at)

    @property
    def may_run(self) -> bool:
        """True when no one saw it end at some target, or it is unknown whether it started there."""
        return self.state in MAY_RUN

    @property
    def under_way(self) -> bool:
        """True when it was seen running, and not seen to end."""
        return self.state in UNDER_WAY

    @property
    def went_wrong(self) -> bool:
        """True when a target certainly failed, or was not reached.

        Not while one is running or unknown: it may still succeed, and must not be repeated.
        """
        return self.state in WRONG


LastDeployments = Mapping[str, Mapping[str, LastDeployment]]  # by repository and stage


def last_deployed(
    records: Iterable[Record], before: LastDeployments | None = None
) -> LastDeployments:
    """Return the last deployment of each repository to each stage, as of the last record.

    `before` is what was known before the first one. A watch records how the deployments of an
    operation ended, which does not make them the last ones.
    """
    last = {repo: dict(stages) for repo, stages in (before or {}).items()}
    for record in records:
        for repo in record.repos:
            if repo.deployments:
                stages = last.setdefault(repo.repo, {})
                deployed = _deployed(record, repo)
                if _replaces(deployed, stages.get(record.stage)):
                    stages[record.stage] = deployed
    return last


def _deployed(record: Record, repo: RepoRecord) -> LastDeployment:
    return LastDeployment(
        release=repo.tag or record.release,
        at=record.at,
        state=for_all_targets(each.state for each in repo.deployments),
        operation=record.operation,
        watched=record.watches,
    )


def with_unfinished(
    last: LastDeployments, plan: Plan, started: Mapping[str, Mapping[str, Deployment]]
) -> LastDeployments:
    """Return the last deployments, including those of an operation that has no record yet."""
    repos = tuple(
        RepoRecord(
            repo=repo.repo,
            tag=repo.deploy_tag,
            deployments=tuple(map(DeploymentRecord.of, started[repo.repo].values())),
        )
        for repo in plan.repos
        if repo.repo in started
    )
    record = Record(
        at=plan.time,
        operation=plan.operation,
        stage=plan.target,
        release=plan.release,
        repos=repos,
    )
    return last_deployed([record], last)


def _replaces(deployed: LastDeployment, known: LastDeployment | None) -> bool:
    """Return whether a deployment is later than a known one, or is that one, seen in a watch.

    One that was skipped changed nothing, so the one before it stays the last.
    """
    watched = deployed.watched
    if known and deployed.state == RunState.SKIPPED:
        return known.started_by == deployed.started_by
    return not (known and watched and watched not in {known.operation, known.watched})


def as_seen(last: LastDeployments, stage: str, states: Mapping[str, str]) -> LastDeployments:
    """Return the last deployments, those to a stage with the states that a look has found."""
    seen = {
        repo: {**last[repo], stage: replace(last[repo][stage], state=state)}
        for repo, state in states.items()
    }
    return {**last, **seen}


def failed_last(last: LastDeployments, stage: str) -> set[str]:
    """Return the repositories whose last deployment to a stage failed."""
    return {name for name, by in last.items() if stage in by and by[stage].went_wrong}


def failed_dependencies(
    plan: Plan,
    workspace: Workspace,
    deployed: LastDeployments,
    running: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Sequence[Problem]]:
    """Return, by repository, problems with the repositories that it depends on.

    Their last deployment has not succeeded; `running` has the hints for those that are running. Not
    those that this plan deploys itself: then the wave waits for them.
    """
    ours = {repo.repo for repo in plan.planned() if repo.deploys()}
    last = {name: stages.get(plan.target) for name, stages in deployed.items()}

    def problems(name: str) -> Iterator[Problem]:
        for other in workspace.repo(name).after:
            known = last.get(other)
            if other not in ours and known and (known.went_wrong or known.may_run):
                failed = f"whose last deployment to {plan.target} has not succeeded"
                message = f"depends on {other}, {failed}: {known.state.replace('_', ' ')}."
                hint = running.get(other) or _deployed_first(workspace, other, plan.target)
                yield Problem("after_unwell", message, hint, Severity.WARN)

    return {name: found for name in sorted(ours) if (found := tuple(problems(name)))}


def _deployed_first(workspace: Workspace, name: str, stage: str) -> str:
    """Return what to do about the last deployment of a repository on which others depend."""
    deploy = workspace.deploy(workspace.repo(name), workspace.planned_stage(stage))
    if deploy is None or deploy.runner.by_push:
        return Hint.LOG
    return Hint.DEPLOY_ALONE.format(stage=stage, repo=quote(name))
