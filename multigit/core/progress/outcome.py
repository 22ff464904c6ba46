"""How a plan ended: an outcome for each repository, and one result and exit code for all."""

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
    """How one repository ended. `made` maps each ref to its new object, pushed or not.

    `partial` is True if only some of its refs are published. `deployments` are in the order of the
    plan. `flight` is an earlier push, if only that one may still change the state.
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
        """Return the state as it is shown and written to JSON and the log.

        If there was nothing to publish, it follows from the deployments: deployed, failed, started,
        or skipped if all of them were.
        """
        if self.state is not State.DEPLOYED:
            return str(self.state)
        states = {each.state for each in self.deployments}
        if any(state.bad for state in states):
            return str(State.FAILED)
        if states == {RunState.SKIPPED}:
            return str(State.SKIPPED)
        return str(State.DEPLOYED) if all(state.good for state in states) else "started"

    @property
    def after(self) -> str:
        """Return the commit of the last branch that moved, or empty if none did."""
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
    """A plan and its result: run, only planned, refused or cancelled.

    `before` is how far earlier attempts got. `closing` is the command, undo or abandon, that closed
    the unfinished operation. `closed` is True if it is over although something is left to do: it is
    rolled back, or its deployments are only watched and it had ended before; then `open` is True if
    nothing has closed it yet. `rolled_back` is the report of the roll-back that answers it, which
    may only be planned yet. `called` is how commands must call the operation in order to find it;
    empty: they find it by themselves.
    """

    plan: Plan
    result: Result
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    problems: tuple[Problem, ...] = ()
    closed: bool = False
    open: bool = False
    closing: str = ""
    called: str = ""
    before: OperationState = NOTHING_YET
    rolled_back: Report | None = None

    @property
    def unfinished(self) -> bool:
        """True if something is or may be published, and something is not: it can be continued."""
        if self.closed:
            return False
        begun = self.count(State.PUBLISHED, State.DEPLOYED, State.UNKNOWN) or any(
            o.partial for o in self.outcomes
        )
        left = self.count(State.UNKNOWN, State.FAILED, State.NOT_PUBLISHED)
        return bool(begun and left) or any(self.open_deployments())

    def open_deployments(self) -> Iterator[Deployment]:
        """Yield the deployments that did not start, or that may still change.

        Without waiting, those that have a run are left to `multigit watch`.
        """
        for each in (each for outcome in self.outcomes for each in outcome.deployments):
            waited_for = self.plan.wait or not each.run
            if each.state is RunState.NOT_STARTED or (each.state.may_run and waited_for):
                yield each

    @property
    def reported_result(self) -> Result:
        """Return the result as it is written to JSON and the log.

        A closed operation is done; the repositories' states show how far it got.
        """
        return Result.DONE if self.closing and self.result is Result.FAILED else self.result

    @property
    def exit_code(self) -> int:
        """Return the exit code of the process."""
        if self.interrupted or (self.rolled_back and self.rolled_back.interrupted):
            return errors.INTERRUPTED
        return errors.OK if self.closing else EXIT_CODES[self.result]

    def count(self, *states: State) -> int:
        """Return the number of repositories in one of these states."""
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
    """Return the outcome of a repository in which nothing was done by this attempt."""
    expected = progress.deployed or (progress.published and repo.updates())
    known = progress.deployments
    listed = known_deployments(repo, known) or tuple(known.values())  # a blocked one has no steps
    deployments = listed if expected else ()
    return Outcome(repo, repo.state, progress.made, repo.problems, deployments=deployments)


def refused(report: Report, problem: Problem) -> Report:
    """Return the report of a plan that was not run because it could not be confirmed."""
    return replace(report, result=Result.BLOCKED, problems=(problem,))


def cancelled(report: Report, *, interrupted: bool) -> Report:
    """Return the report of a plan that the user did not confirm."""
    return replace(report, result=Result.CANCELLED, interrupted=interrupted)


def under_way(
    plan: Plan,
    deployments: Mapping[str, tuple[Deployment, ...]],
    state: OperationState = NOTHING_YET,
) -> Report:
    """Return the report of an operation that is still running, with its deployments so far."""

    def outcome(repo: RepoPlan) -> Outcome:
        progress = state.of(repo.repo)
        if repo.repo not in deployments:
            return as_planned(repo, progress)
        done = State.PUBLISHED if repo.updates() else State.DEPLOYED
        known = deployments[repo.repo]
        return Outcome(repo, done, progress.made, repo.problems, deployments=known)

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
    all_outcomes = tuple(
        by_name.get(repo.repo) or as_planned(repo, state.of(repo.repo)) for repo in plan.repos
    )
    states = {outcome.state for outcome in all_outcomes}
    failed = states & {State.FAILED, State.UNKNOWN, State.NOT_PUBLISHED}
    failed |= {o.state for o in all_outcomes if any(d.state.bad for d in o.deployments)}
    result = Result.FAILED if failed else Result.DONE
    report = Report(plan, result, all_outcomes, interrupted, before=state)
    begun = bool(states & {State.PUBLISHED, State.DEPLOYED})
    later_waves_left = failed == {State.NOT_PUBLISHED} and begun and not plan.wait
    paused = later_waves_left and not interrupted
    if paused or (not failed and any(report.open_deployments())):
        report = replace(report, result=Result.PAUSED)
    if report.unfinished:
        return replace(report, outcomes=tuple(map(_without_old_hints, report.outcomes)))
    return report


def _without_old_hints(outcome: Outcome) -> Outcome:
    # The plan's warnings proposed what to do before it was run.
    if outcome.plan.state is not State.PLANNED:
        return outcome
    of_plan = outcome.plan.problems
    problems = (replace(p, hint="") if p in of_plan else p for p in outcome.problems)
    return replace(outcome, problems=tuple(problems))
