"""What a record of the deployment log says about one repository."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome
from multigit.core.records.back_record import REDEPLOY, WayRecord
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem
from multigit.core.values.refs import branch_ref
from multigit.core.values.start_time import utc

MAYBE_PUBLISHED = {State.PUBLISHED, State.UNKNOWN}  # the remote has what was planned, or may


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """A problem, without its hint."""

    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Return what the log keeps of a problem."""
        return cls(problem.code, problem.message)


@dataclass(frozen=True, slots=True)
class MoveRecord:
    """A stage whose branch was to move; `after` is empty unless it is known to have moved."""

    stage: str = ""
    branch: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment as the log and documents have it.

    `state` is a RunState, or a word of a later version; `seconds` is how long it has taken so far;
    `output` is the file with its whole output, relative to the workspace; `environments` are those
    that it waited for when it was last polled. `run` is the id of its run, and `since` when it was
    requested, in UTC; earlier versions did not record these.
    """

    target: str = ""
    state: str = ""
    url: str = ""
    output: str = ""
    job: str = ""
    step: str = ""
    detail: str = ""
    environments: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()
    attempt: int = 1
    seconds: int = 0
    run: str = ""
    since: str = ""

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """Return what the log keeps of a deployment."""
        status = deployment.status
        return cls(
            target=deployment.target,
            state=str(deployment.state),
            url=deployment.url,
            output=deployment.output,
            job=status.job,
            step=status.step,
            detail=status.detail,
            environments=status.environments,
            reviewers=status.reviewers,
            approved_by=status.approved_by,
            attempt=deployment.attempt,
            seconds=round(deployment.seconds),
            run=deployment.run.id if deployment.run else "",
            since=utc(deployment.since) if deployment.since else "",
        )

    def document(self) -> dict[str, Any]:
        """Return it as plain data, with null for an empty text."""
        values = {key: None if value == "" else value for key, value in plain(self).items()}
        return {**values, "state": self.state}


@dataclass(frozen=True, slots=True)
class RepoRecord:
    """How one repository ended.

    `state` is a State, "started", or a word of a later version. `moves` is None in a record of an
    earlier version, which names only the last branch: it moved from `before` to `after`.
    `rolled_back` says how a roll-back brought it back, or was to.
    """

    repo: str = ""
    state: str = ""
    branch: str = ""
    before: str = ""
    after: str = ""
    moves: tuple[MoveRecord, ...] | None = None
    tag: str = ""
    problems: tuple[ProblemRecord, ...] = ()
    deployments: tuple[DeploymentRecord, ...] = ()
    rolled_back: WayRecord | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return what the log keeps of an outcome."""
        plan = outcome.plan
        return cls(
            repo=plan.repo,
            state=outcome.reported_state,
            branch=plan.branch,
            before=plan.before,
            after=outcome.after,
            moves=_moves(outcome),
            tag=plan.deploy_tag,
            problems=tuple(map(ProblemRecord.of, outcome.problems)),
            deployments=tuple(map(DeploymentRecord.of, outcome.deployments)),
            rolled_back=WayRecord.of(plan),
        )

    def document(self) -> dict[str, Any]:
        """Return it as the log writes it, without `moves` if those are unknown."""
        written = {**plain(self), "deployments": [each.document() for each in self.deployments]}
        return {key: value for key, value in written.items() if value is not None}

    @property
    def published(self) -> bool:
        """True when all of it was published."""
        return self.state == State.PUBLISHED

    @property
    def maybe_published(self) -> bool:
        """True when the remote had at least a part of it in the end, or may have had."""
        return self.state in MAYBE_PUBLISHED or self.has("half_published")

    @property
    def deployed(self) -> bool:
        """True when something was deployed, or may have been; a skipped deployment did nothing."""
        nothing = {RunState.NOT_STARTED, RunState.SKIPPED}
        return any(each.state not in nothing or each.attempt > 1 for each in self.deployments)

    @property
    def redeployed(self) -> bool:
        """True when a roll-back was to deploy its old commit again, without moving a branch."""
        return self.rolled_back is not None and self.rolled_back.how == REDEPLOY

    def has(self, *codes: str) -> bool:
        """Return whether it has a problem with one of these codes."""
        return any(each.code in codes for each in self.problems)


def plain(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as in JSON: with lists instead of tuples."""
    fields = asdict(record).items()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in fields}


def _moves(outcome: Outcome) -> tuple[MoveRecord, ...]:
    """Return each stage whose branch was to move.

    That only a part was published is in the repository's problems.
    """
    befores = {update.ref: update.before for update in outcome.plan.updates()}
    afters = outcome.made if outcome.state is State.PUBLISHED else {}
    stages = {step.branch: step.move().stage for step in outcome.plan.branch_steps()}
    refs = {branch: branch_ref(branch) for branch in stages}
    return tuple(
        MoveRecord(stage, branch, befores.get(refs[branch], ""), afters.get(refs[branch], ""))
        for branch, stage in stages.items()
    )
