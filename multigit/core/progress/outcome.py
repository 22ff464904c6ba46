"""What became of a plan: one outcome per repository, and the result and exit code of them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from multigit import errors
from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.state import NOTHING_YET, OperationState, Progress
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one repository ended; `made` maps each ref to what it points at, or would have.

    `partial` is True when some of its refs are published and others are not. `deployments` stand
    in the order of the plan's. `flight` is an earlier push that alone may still change the state.
    """

    plan: RepoPlan
    state: State
    made: Objects = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    partial: bool = False
    deployments: tuple[Deployment, ...] = ()
    flight: Flight | None = None

    @property
    def repo(self) -> str:
        """Return the repository's name."""
        return self.plan.repo

    @property
    def reported_state(self) -> str:
        """Return the state as people and scripts are told it.

        Where nothing was published, the deployments tell: deployed, failed, or started.
        """
        if self.state is not State.DEPLOYED:
            return str(self.state)
        states = {each.state for each in self.deployments}
        if any(state.bad for state in states):
            return str(State.FAILED)
        return str(State.DEPLOYED) if states <= {RunState.SUCCEEDED} else "started"

    @property
    def after(self) -> str:
        """Return what the last branch points at now, or empty when it did not move."""
        if self.state is State.UPDATED:
            return next(reversed(list(self.made.values())), "")
        if self.state is State.DEPLOYED:
            return self.plan.source_sha
        if self.state is not State.PUBLISHED:
            return ""
        branches = [u.ref for u in self.plan.updates() if u.ref.startswith("refs/heads/")]
        return self.made.get(branches[-1], "") if branches else ""


@dataclass(frozen=True, slots=True)
class Report:
    """A plan and how it ended, or that it was only planned, refused or cancelled.

    `before` is how far earlier attempts had got. `closing` is the command, undo or abandon, that
    ended the operation before it was finished.
    """

    plan: Plan
    result: Result
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    problems: tuple[Problem, ...] = ()
    closed: bool = False
    closing: str = ""
    before: OperationState = NOTHING_YET

    @property
    def unfinished(self) -> bool:
        """True when some of it is published, or may be, and some is not: it can be continued.

        Not when it is `closed`: somebody watches again what is left of it.
        """
        if self.closed:
            return False
        begun = self.count(State.PUBLISHED, State.DEPLOYED, State.UNKNOWN) or any(
            o.partial for o in self.outcomes
        )
        left = self.count(State.UNKNOWN, State.FAILED, State.NOT_PUBLISHED)
        return bool(begun and left) or any(self.open_deployments())

    def open_deployments(self) -> Iterator[Deployment]:
        """Yield the deployments that may still change, or were to come and did not.

        Whoever did not want to wait leaves those that have a run to `multigit watch`.
        """
        for outcome in self.outcomes:
            for deployment in outcome.deployments:
                waited_for = self.plan.wait or not deployment.run
                state = deployment.state
                if state is RunState.NOT_STARTED or (state.may_run and waited_for):
                    yield deployment

    @property
    def reported_result(self) -> Result:
        """Return the result as scripts and the log are told it: what is closed is done with.

        How far it came, the repositories tell.
        """
        return Result.DONE if self.closing and self.result is Result.FAILED else self.result

    @property
    def exit_code(self) -> int:
        """Return the process's exit code for this result."""
        if self.interrupted:
            return errors.INTERRUPTED
        return errors.OK if self.closing else EXIT_CODES[self.result]

    def count(self, *states: State) -> int:
        """Count the repositories in one of these states."""
        return sum(outcome.state in states for outcome in self.outcomes)


EXIT_CODES = {
    Result.PLANNED: errors.OK,
    Result.DONE: errors.OK,
    Result.NOTHING: errors.OK,
    Result.BLOCKED: errors.REFUSED,
    Result.CANCELLED: errors.REFUSED,
    Result.PAUSED: errors.REFUSED,
    Result.FAILED: errors.FAILED,
    Result.ERROR: errors.FAILED,
}


def planned(plan: Plan, state: OperationState = NOTHING_YET) -> Report:
    """Return the report of a plan that was not run; `state` is how far earlier attempts got."""
    outcomes = tuple(as_planned(repo, state.of(repo.repo)) for repo in plan.repos)
    return Report(plan, plan.result, outcomes, before=state)


def as_planned(repo: RepoPlan, progress: Progress) -> Outcome:
    """Return the outcome of a repository in which nothing was done."""
    expected = progress.deployed or (progress.published and repo.updates())
    known = progress.deployments
    listed = known_deployments(repo, known) or tuple(known.values())  # what blocks has no steps
    deployments = listed if expected else ()
    return Outcome(repo, repo.state, progress.made, repo.problems, deployments=deployments)


def refused(report: Report, problem: Problem) -> Report:
    """Return the report of a plan that was not run for want of consent."""
    return replace(report, result=Result.BLOCKED, problems=(problem,))


def cancelled(report: Report, *, interrupted: bool) -> Report:
    """Return the report of a plan that the person did not agree to."""
    return replace(report, result=Result.CANCELLED, interrupted=interrupted)


def under_way(
    plan: Plan,
    deployments: Mapping[str, tuple[Deployment, ...]],
    state: OperationState = NOTHING_YET,
) -> Report:
    """Return the report of an operation whose deployments stand so, while it goes on."""

    def outcome(repo: RepoPlan) -> Outcome:
        progress = state.of(repo.repo)
        if repo.repo not in deployments:
            return as_planned(repo, progress)
        there = State.PUBLISHED if repo.updates() else State.DEPLOYED
        known = deployments[repo.repo]
        return Outcome(repo, there, progress.made, repo.problems, deployments=known)

    return Report(plan, Result.PAUSED, tuple(map(outcome, plan.repos)), before=state)


def ended(
    plan: Plan,
    outcomes: Sequence[Outcome],
    state: OperationState = NOTHING_YET,
    *,
    interrupted: bool = False,
) -> Report:
    """Return the report of a plan that was run; repositories without an outcome stay as planned."""
    by_name = {outcome.repo: outcome for outcome in outcomes}
    everything = tuple(
        by_name.get(repo.repo) or as_planned(repo, state.of(repo.repo)) for repo in plan.repos
    )
    states = {outcome.state for outcome in everything}
    failed = states & {State.FAILED, State.UNKNOWN, State.NOT_PUBLISHED}
    failed |= {o.state for o in everything if any(d.state.bad for d in o.deployments)}
    result = Result.FAILED if failed else Result.DONE
    report = Report(plan, result, everything, interrupted, before=state)
    begun = bool(states & {State.PUBLISHED, State.DEPLOYED})
    later_waves_left = failed == {State.NOT_PUBLISHED} and begun and not plan.wait
    asked_for = later_waves_left and not interrupted
    if asked_for or (not failed and any(report.open_deployments())):
        report = replace(report, result=Result.PAUSED)
    if report.unfinished:
        return replace(report, outcomes=tuple(map(_too_late, report.outcomes)))
    return report


def _too_late(outcome: Outcome) -> Outcome:
    """Return an outcome without what its plan's warnings proposed to do before it was run."""
    if outcome.plan.state is not State.PLANNED:
        return outcome
    of_plan = outcome.plan.problems
    problems = (replace(p, hint="") if p in of_plan else p for p in outcome.problems)
    return replace(outcome, problems=tuple(problems))
