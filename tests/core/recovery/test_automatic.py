"""When a failed operation is rolled back by itself, and to what: rules without a repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import RepoPlan, RollsBack, State
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.records.release_results import ReleaseResult
from multigit.core.records.releases import Release, Releases, Stood
from multigit.core.recovery.automatic import (
    calls_for_roll_back,
    last_good_before,
    reason_of,
    to_go_back,
    unknown_in,
)
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.workspace import OnUnhealthy, Workspace
from tests.core.builders import API, MADE, STAGES, WEB, plan, to_publish, workspace

GOOD = ReleaseResult(whole=True, states={"api": RunState.SUCCEEDED})


def going_back() -> Workspace:
    """Return a workspace whose stages all go back by themselves."""
    stages = tuple(replace(each, on_unhealthy=OnUnhealthy.ROLLBACK) for each in STAGES)
    return workspace(API, WEB, stages=stages)


def outcome(repo: RepoPlan, *states: RunState, state: State = State.PUBLISHED) -> Outcome:
    """Return a repository that was published, and its deployments."""
    return Outcome(repo, state, MADE, deployments=tuple(Deployment(state=s) for s in states))


def report(api: RunState, web: RunState, **changes: object) -> Report:
    """Return the end of a promotion with these deployments; keywords change its plan."""
    whole = replace(plan(to_publish(API), to_publish(WEB)), **changes)  # type: ignore[arg-type]
    return ended(whole, [outcome(to_publish(API), api), outcome(to_publish(WEB), web)])


FAILURE = report(RunState.FAILED, RunState.SUCCEEDED)


@pytest.mark.parametrize("state", [s for s in RunState if s.bad])
def test_it_is_called_for_where_something_went_wrong(state: RunState) -> None:
    """Also where it cannot be done: people are told so."""
    assert calls_for_roll_back(report(state, RunState.SUCCEEDED), going_back())


@pytest.mark.parametrize(
    "found",
    [
        report(RunState.SUCCEEDED, RunState.SKIPPED),
        report(RunState.FAILED, RunState.SUCCEEDED, command="backmerge"),
        report(RunState.FAILED, RunState.SUCCEEDED, command="deploy", asked_release="deploy-1"),
        report(RunState.FAILED, RunState.SUCCEEDED, rolls_back=RollsBack("deploy-1")),
        report(RunState.FAILED, RunState.SUCCEEDED, wait=False),
    ],
    ids=["good", "down", "named", "back", "no-wait"],
)
def test_it_is_not_called_for(found: Report) -> None:
    """Nothing is said about it either."""
    assert not calls_for_roll_back(found, going_back())


def test_it_is_off_by_default() -> None:
    """A stage has to ask for it."""
    assert not calls_for_roll_back(FAILURE, workspace(API, WEB))


@pytest.mark.parametrize("state", [s for s in RunState if s.may_run])
def test_what_may_be_running_is_unknown(state: RunState) -> None:
    """Whatever became of the others."""
    found = report(RunState.FAILED, state)
    assert unknown_in(found) == "it is unknown how the deployment of web ends."


def test_a_push_that_may_arrive_is_unknown() -> None:
    """So is what is published in part; and nothing happens after Ctrl-C."""
    arriving = outcome(to_publish(WEB), state=State.UNKNOWN)
    lost = replace(FAILURE, outcomes=(*FAILURE.outcomes, arriving))
    assert unknown_in(lost) == "it is unknown whether web is published."
    half = replace(FAILURE, outcomes=(replace(arriving, state=State.FAILED, partial=True),))
    assert unknown_in(half) == "web is only partly published."
    assert unknown_in(replace(FAILURE, interrupted=True)) == "the operation was interrupted."
    assert unknown_in(FAILURE) == ""


def test_only_what_was_deployed_goes_back() -> None:
    """Not where nothing was deployed by design, nor what was not started."""
    assert set(to_go_back(FAILURE)) == {"api", "web"}
    assert set(to_go_back(report(RunState.FAILED, RunState.SKIPPED))) == {"api"}
    assert set(to_go_back(report(RunState.FAILED, RunState.NOT_STARTED))) == {"api"}


def test_the_reason_names_what_failed_and_what_is_ill() -> None:
    """It becomes the message of the roll-back, and the reason of the hold."""
    found = report(RunState.FAILED, RunState.UNHEALTHY)
    failed = f"{found.plan.operation} failed: "
    assert reason_of(found) == f"{failed}api was not deployed, web is unhealthy"


def release(name: str, api: str, result: ReleaseResult = GOOD) -> Release:
    """Return a release with this commit of api."""
    return Release(name, 1, result=result, repos={"api": Stood(api)})


KNOWN = (release("deploy-2", "b"), release("deploy-1", "a"))


@pytest.mark.parametrize(
    ("command", "name", "deployed", "known", "wanted"),
    [
        ("promote", "deploy-3", "c", (release("deploy-3", "c"), *KNOWN), "deploy-2"),
        ("promote", "", "c", KNOWN, "deploy-2"),  # without tags, only the log would know it
        ("promote", "deploy-2", "b", KNOWN, "deploy-1"),
        ("promote", "deploy-1", "a", KNOWN[1:], ""),
        ("deploy", "deploy-2", "b", KNOWN, "deploy-1"),
        ("deploy", "", "by hand", KNOWN, "deploy-2"),
    ],
)
def test_it_goes_to_the_last_good_release_before(
    command: str, name: str, deployed: str, known: tuple[Release, ...], wanted: str
) -> None:
    """A deployment of commits that were pushed by hand goes back to the newest release."""
    failed = replace(FAILURE.plan, command=command, release=name)
    releases = Releases("stg", known, now=known[0].name)
    found = last_good_before(failed, releases, {"api": deployed})
    assert (found.name if found else "") == wanted
