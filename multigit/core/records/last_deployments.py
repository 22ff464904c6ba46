"""The last deployment of each repository to each stage, as the deployment log has it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from shlex import quote
from types import MappingProxyType

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.progress.holds import kept_held
from multigit.core.records.back_record import RollBackRecord, WayRecord
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.deployment import Deployment, RunState, for_all_targets
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.start_time import unix_time
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint

MAY_RUN = {state for state in RunState if state.may_run}
UNDER_WAY = {state for state in MAY_RUN if not state.over}
WRONG = {state for state in RunState if not (state.may_run or state.good)}
MOST = 5  # unsettled operations of a target: each is looked at before a deployment
DID_NOTHING = {RunState.NOT_STARTED, RunState.SKIPPED}


@dataclass(frozen=True, slots=True)
class AtTarget:
    """What the log says of one target: the operation that deployed there last, and how that ended.

    If a later operation was to deploy there and started nothing, `left` is the state in which it
    left the target: not_started or skipped. `unsettled` are the last operations before it that
    failed there, or whose result was unknown, since one that succeeded: their runs may be running.
    """

    operation: str = ""
    state: str = ""
    left: str = ""
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastDeployment:
    """The last deployment of a repository to a stage, as the log has it; `at` is in UTC.

    An operation that did not reach a target leaves there what an earlier one deployed: `targets`
    has both. `state` counts for all of them. `rolled_back_to` is the release to which a roll-back
    brought it, or empty; it is `held` if its branch has more, which a hold keeps from going out.
    """

    release: str
    at: str
    state: str
    operation: str = ""
    watched: str = ""
    rolled_back_to: str = ""
    held: bool = False
    targets: Mapping[str, AtTarget] = field(default_factory=dict)

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

    def by_operation(self) -> Mapping[str, Mapping[str, str]]:
        """Return the states by target of the last operation, then of those before it.

        An earlier one has only the targets to which nothing was deployed since.
        """
        mine = self.started_by
        found: dict[str, dict[str, str]] = {mine: {}}
        for target, each in self.targets.items():
            if each.left or each.operation == mine:
                found[mine][target] = each.left or each.state
            if each.state and each.operation != mine:
                found.setdefault(each.operation, {})[target] = each.state
        return found

    def unsettled(self) -> Mapping[str, Sequence[str]]:
        """Return the targets of each operation before the last one that may be running there."""
        found: dict[str, list[str]] = {}
        for target, each in self.targets.items():
            for operation in each.unsettled:
                found.setdefault(operation, []).append(target)
        return found


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
                stages[record.stage] = _followed(stages.get(record.stage), record, repo)
    return last


def _followed(known: LastDeployment | None, record: Record, repo: RepoRecord) -> LastDeployment:
    """Return the last deployment after one more record; `known` is that before it.

    A watch only changes what the operation that it watched has deployed. One that was skipped
    everywhere changed nothing, so the one before it stays the last.
    """
    operation = record.watches or record.operation
    if known and record.watches and known.started_by != operation:
        return _with_targets(known, _watched(known.targets, operation, repo.deployments))
    mine = (each.about for each in record.accepted if each.repo == repo.repo and each.about)
    doubted = {about.partition("/")[0] for about in mine}
    targets = _reached(known.targets if known else {}, operation, repo.deployments, doubted)
    skipped = all(each.state == RunState.SKIPPED for each in repo.deployments)
    if known and skipped and known.started_by != operation:
        return known
    last = LastDeployment(
        release=repo.tag or record.release,
        at=record.at,
        state="",
        operation=record.operation,
        watched=record.watches,
        rolled_back_to=_rolled_back_to(known, record, repo),
        held=_held(known, record, repo),
    )
    return _with_targets(last, targets)


def _rolled_back_to(known: LastDeployment | None, record: Record, repo: RepoRecord) -> str:
    """Return the release to which a record says that a repository was rolled back, or empty."""
    if record.watches or not repo.deployed:
        return known.rolled_back_to if known else ""
    return record.rolls_back.to if record.rolls_back and repo.rolled_back else ""


def _held(known: LastDeployment | None, record: Record, repo: RepoRecord) -> bool:
    """Return whether a record says that a repository is held with what was deployed there."""
    if record.watches or not repo.deployed:
        return bool(known and known.held)
    return repo.repo in record.kept or (repo.rolled_back is not None and repo.rolled_back.held)


def _with_targets(last: LastDeployment, targets: Mapping[str, AtTarget]) -> LastDeployment:
    """Return a deployment with these targets, and the state that counts for them together."""
    states = [state for each in targets.values() for state in (each.left, each.state) if state]
    return replace(last, state=for_all_targets(states), targets=targets)


def _reached(
    before: Mapping[str, AtTarget],
    operation: str,
    deployments: Sequence[DeploymentRecord],
    doubted: Container[str],
) -> Mapping[str, AtTarget]:
    """Return what is known of each target after the deployments of an operation.

    What was deployed before stays where the operation started nothing. A target that it no longer
    has is forgotten once it deployed to another one. `doubted` are operations whose result was
    unknown when this one began, which a person accepted.
    """

    def reached(each: DeploymentRecord) -> AtTarget:
        known = before.get(each.target, AtTarget())
        mine = bool(known.state) and known.operation == operation
        if mine or each.attempt > 1 or each.state not in DID_NOTHING:
            unsettled = known.unsettled
            if not mine:
                wrong = known.state in WRONG or known.operation in doubted
                unsettled = (*unsettled, known.operation)[-MOST:] if wrong else ()
            return AtTarget(operation, each.state or str(RunState.UNKNOWN), unsettled=unsettled)
        return replace(known, left=each.state)

    after = {each.target: reached(each) for each in deployments}
    forgets = any(not each.left for each in after.values())
    return after if forgets else {**before, **after}


def _watched(
    known: Mapping[str, AtTarget], operation: str, deployments: Sequence[DeploymentRecord]
) -> Mapping[str, AtTarget]:
    """Return what is known of each target after an earlier operation was watched."""
    seen = {each.target: each.state for each in deployments}
    return {
        target: replace(each, state=seen.get(target, each.state))
        if each.state and each.operation == operation
        else each
        for target, each in known.items()
    }


def with_unfinished(
    last: LastDeployments, plan: Plan, started: Mapping[str, Mapping[str, Deployment]]
) -> LastDeployments:
    """Return the last deployments, including those of an operation that has no record yet.

    A target that it has not `started` yet keeps what an earlier one deployed there.
    """

    def deployments(repo: RepoPlan) -> tuple[DeploymentRecord, ...]:
        not_yet = {step.target: Deployment(step.target) for step in repo.deploys()}
        return tuple(map(DeploymentRecord.of, (not_yet | dict(started[repo.repo])).values()))

    repos = tuple(
        RepoRecord(
            repo=repo.repo,
            tag=repo.deploy_tag,
            deployments=deployments(repo),
            rolled_back=WayRecord.of(repo),
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
        rolls_back=RollBackRecord(to=plan.rolls_back.to) if plan.rolls_back else None,
        kept=kept_held(plan),
    )
    return last_deployed([record], last)


def as_seen(last: LastDeployments, stage: str, states: Mapping[str, str]) -> LastDeployments:
    """Return the last deployments, those to a stage with the states that a look has found."""
    seen = {
        repo: {**last[repo], stage: replace(last[repo][stage], state=state)}
        for repo, state in states.items()
    }
    return {**last, **seen}


def without_ended_holds(last: LastDeployments, holds: Mapping[str, Hold]) -> LastDeployments:
    """Return the last deployments; unknown are those that no hold keeps any more, by stage.

    They were rolled back from here, or deployed by name to the held stage, and another machine has
    ended the hold: had that been done here, they would have been deployed since.
    """

    def known(repo: str, stage: str, each: LastDeployment) -> LastDeployment:
        if not each.held or (stage in holds and repo in holds[stage].repos):
            return each
        return replace(each, state=RunState.UNKNOWN, rolled_back_to="", held=False)

    return {
        repo: {stage: known(repo, stage, each) for stage, each in stages.items()}
        for repo, stages in last.items()
    }


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
