"""What the deployment log knows about deployments: the last of each repository to each stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from multigit.core.planning.plan import Plan
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint

WRONG = {state for state in RunState if not state.may_run} - {RunState.SUCCEEDED}
UNDER_WAY = {state for state in RunState if state.may_run and not state.over}


def _urgency(state: str) -> int:
    """Return which target tells for all of them: one that may run before any that has ended."""
    if state in UNDER_WAY:
        return 0
    if state in WRONG:
        return 2
    return 3 if state == RunState.SUCCEEDED else 1


@dataclass(frozen=True, slots=True)
class Deployed:
    """The last deployment of a repository to a stage, as the log has it; `at` is in UTC."""

    release: str
    at: str
    state: str
    operation: str = ""
    watched: str = ""

    @property
    def begun_by(self) -> str:
        """Return the operation that it belongs to, whoever watched it since."""
        return self.watched or self.operation

    @property
    def time(self) -> int:
        """Return when it was recorded, in Unix seconds; 0 when nobody can tell."""
        try:
            return int(datetime.fromisoformat(self.at).timestamp())
        except (ValueError, OverflowError):
            return 0

    @property
    def may_run(self) -> bool:
        """True when nobody saw it end at some target, or knows whether it began there."""
        return self.state in {str(state) for state in RunState if state.may_run}

    @property
    def under_way(self) -> bool:
        """True when it was seen to run, and not to end."""
        return self.state in UNDER_WAY

    @property
    def went_wrong(self) -> bool:
        """True when it is known that a target was not deployed well, or not reached.

        Not while one is under way or in doubt: it may still go well, and must not be repeated.
        """
        return self.state in WRONG


Last = Mapping[str, Mapping[str, Deployed]]  # by repository and stage


def last_deployed(records: Iterable[Record], before: Last | None = None) -> Last:
    """Return the last deployment of each repository to each stage, as of the last record.

    `before` is what was known before the first one. Who watches an operation sees its deployments
    end, which are not the last ones for that.
    """
    last = {repo: dict(stages) for repo, stages in (before or {}).items()}
    for record in records:
        for repo in record.repos:
            if repo.deployments:
                stages = last.setdefault(repo.repo, {})
                deployed = _deployed(record, repo)
                if not _later(stages.get(record.stage), than=deployed):
                    stages[record.stage] = deployed
    return last


def _deployed(record: Record, repo: RepoRecord) -> Deployed:
    states = [each.state for each in repo.deployments]
    return Deployed(
        release=repo.tag or record.release,
        at=record.at,
        state=min(states, key=_urgency),
        operation=record.operation,
        watched=record.watches,
    )


def with_unfinished(last: Last, plan: Plan, begun: Mapping[str, Mapping[str, Deployment]]) -> Last:
    """Return the last deployments with those of an operation of which there is no record yet."""
    repos = tuple(
        RepoRecord(
            repo=repo.repo,
            tag=repo.deploy_tag,
            deployments=tuple(map(DeploymentRecord.of, begun[repo.repo].values())),
        )
        for repo in plan.repos
        if repo.repo in begun
    )
    record = Record(
        at=plan.time,
        operation=plan.operation,
        stage=plan.target,
        release=plan.release,
        repos=repos,
    )
    return last_deployed([record], last)


def _later(known: Deployed | None, *, than: Deployed) -> bool:
    """Tell whether what is known belongs to another operation than the one that is watched."""
    watched = than.watched
    return bool(known and watched and watched not in {known.operation, known.watched})


def may_be_running(plan: Plan, last: Last) -> Mapping[str, Deployed]:
    """Return, by repository, the last deployment to the plan's stage that may run by now.

    Nobody saw it end, or it did not go well, and somebody may have let it run again at its page.
    """
    found = {repo.repo: last.get(repo.repo, {}) for repo in plan.planned() if repo.deploys()}
    known = {name: stages[plan.target] for name, stages in found.items() if plan.target in stages}
    return {name: each for name, each in known.items() if each.may_run or each.went_wrong}


def failed_last(last: Last, stage: str) -> set[str]:
    """Return the repositories whose last deployment to a stage, as the log has it, went wrong."""
    return {name for name, by in last.items() if stage in by and by[stage].went_wrong}


def unwell_before(
    plan: Plan, workspace: Workspace, deployed: Last
) -> Mapping[str, Sequence[Problem]]:
    """Return, by repository, what it depends on and what the log says was not deployed well.

    Not what this plan itself deploys: then the wave waits for it.
    """
    ours = {repo.repo for repo in plan.planned() if repo.deploys()}
    last = {name: stages.get(plan.target) for name, stages in deployed.items()}

    def problems(name: str) -> Iterator[Problem]:
        for other in workspace.repo(name).after:
            known = last.get(other)
            if other not in ours and known and (known.went_wrong or known.may_run):
                last_one = f"last deployment to {plan.target}"
                state = known.state.replace("_", " ")
                yield Problem(
                    "after_unwell",
                    f"depends on {other}, whose {last_one} has not succeeded: {state}.",
                    Hint.DEPLOY_ALONE.format(stage=plan.target, repo=other),
                    Severity.WARN,
                )

    return {name: found for name in sorted(ours) if (found := tuple(problems(name)))}
