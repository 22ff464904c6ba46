"""How an operation ended: a state for each repository, one result and one exit code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, Result, State
from multigit.core.planning.publish_steps import PushStep, RefUpdate
from multigit.core.progress.outcome import Outcome, Report, cancelled, ended, planned, refused
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.problem import Problem, Severity
from tests.core.builders import (
    API,
    MADE,
    ROOT,
    WEB,
    plan,
    published,
    state,
    to_publish,
    warning,
    without_steps,
)

BLOCK = Problem("conflict", "develop conflicts with staging.")
BOTH = plan(to_publish(API), to_publish(WEB))


def as_state(state: State) -> Outcome:
    """Return the outcome of web in that state."""
    return Outcome(to_publish(WEB), state, MADE)


# --- A repository


def test_after_is_what_the_branch_points_at_now() -> None:
    """Only a published branch has moved."""
    assert published().after == "merge-1"
    assert published().repo == "api"


@pytest.mark.parametrize(
    ("runs", "reported"),
    [
        ("succeeded", "deployed"),
        ("succeeded skipped", "deployed"),
        ("skipped", "skipped"),
        ("skipped failed", "failed"),
        ("skipped running", "started"),
    ],
)
def test_what_is_only_deployed_is_reported_by_its_deployments(runs: str, reported: str) -> None:
    """A deployment that was skipped does not count as deployed."""
    deployments = tuple(Deployment(state=RunState(word)) for word in runs.split())
    assert replace(as_state(State.DEPLOYED), deployments=deployments).reported_state == reported


MOVED = {State.PUBLISHED, State.UPDATED, State.DEPLOYED}
NOT_PUBLISHED = [state for state in State if state not in MOVED]


@pytest.mark.parametrize("state", NOT_PUBLISHED)
def test_what_was_not_published_has_no_after(state: State) -> None:
    """This holds even if the commit was made, since the remote may not have it."""
    assert as_state(state).after == ""


def test_after_is_the_last_branch_of_several() -> None:
    """A back-merge ends on dev."""
    updates = (RefUpdate("refs/heads/staging", "stg-1"), RefUpdate("refs/heads/develop", "dev-2"))
    repo = replace(to_publish(), steps=(PushStep(updates),))
    made = {"refs/heads/staging": "merge-1", "refs/heads/develop": "merge-2"}
    assert Outcome(repo, State.PUBLISHED, made).after == "merge-2"


def test_without_a_branch_there_is_no_after() -> None:
    """A tag is not a branch, and a branch may have no commit yet."""
    tag = PushStep((RefUpdate("refs/tags/x", ""),))
    repo = replace(to_publish(), steps=(tag,))
    assert Outcome(repo, State.PUBLISHED, {"refs/tags/x": "tag-1"}).after == ""
    assert Outcome(to_publish(), State.PUBLISHED).after == ""


def test_after_a_pull_is_what_the_local_branch_points_at() -> None:
    """A repository that was only cloned or switched has none."""
    made = {"refs/heads/develop": "dev-2"}
    assert Outcome(to_publish(), State.UPDATED, made).after == "dev-2"
    assert Outcome(to_publish(), State.UPDATED).after == ""


# --- All of them


def test_what_an_earlier_attempt_made_stays_known() -> None:
    """A repository that was published before keeps its `after`."""
    earlier = plan(replace(to_publish(), state=State.PUBLISHED))
    before = state(made={"api": MADE}, settled={"api": State.PUBLISHED})
    assert [each.after for each in planned(earlier, before).outcomes] == ["merge-1"]
    assert [each.after for each in ended(earlier, [], before).outcomes] == ["merge-1"]


def test_a_plan_that_was_not_run_is_its_own_report() -> None:
    """It has the planned state and the problems of each repository."""
    idle, blocked = without_steps(ROOT, State.UP_TO_DATE), without_steps(WEB, State.BLOCKED, BLOCK)
    mixed = plan(to_publish(API, warning()), idle, blocked)
    assert planned(mixed) == Report(
        plan=mixed,
        result=Result.BLOCKED,
        outcomes=(
            Outcome(to_publish(API, warning()), State.PLANNED, {}, (warning(),)),
            Outcome(idle, State.UP_TO_DATE, {}, ()),
            Outcome(blocked, State.BLOCKED, {}, (BLOCK,)),
        ),
        interrupted=False,
        problems=(),
    )


@pytest.mark.parametrize(
    ("it", "result", "exit_code"),
    [
        (plan(to_publish()), Result.PLANNED, 0),
        (plan(without_steps(API, State.UP_TO_DATE)), Result.NOTHING, 0),
        (plan(to_publish(), without_steps(WEB, State.BLOCKED)), Result.BLOCKED, 3),
    ],
)
def test_each_result_of_a_plan_has_its_exit_code(it: Plan, result: Result, exit_code: int) -> None:
    """After a dry run, a script knows whether the real run would be blocked."""
    report = planned(it)
    assert (report.result, report.exit_code) == (result, exit_code)


def test_a_refused_operation_is_blocked_with_the_reason() -> None:
    """The repositories stay as planned."""
    report = refused(planned(BOTH), BLOCK)
    assert (report.result, report.exit_code, report.problems) == (Result.BLOCKED, 3, (BLOCK,))
    assert report.outcomes == planned(BOTH).outcomes


@pytest.mark.parametrize(("interrupted", "exit_code"), [(False, 3), (True, 130)])
def test_a_no_is_cancelled(interrupted: bool, exit_code: int) -> None:  # noqa: FBT001
    """Ctrl-C at the question counts as no, with the exit code of an interrupt."""
    report = cancelled(planned(BOTH), interrupted=interrupted)
    assert (report.result, report.exit_code) == (Result.CANCELLED, exit_code)
    assert report.count(State.PLANNED) == 2


def test_an_operation_that_succeeded_is_done() -> None:
    """Repositories without an outcome stay as planned, in the plan's order."""
    left_out = without_steps(ROOT, State.SKIPPED, warning())
    both = plan(left_out, to_publish(API))
    assert ended(both, [published(API)]) == Report(
        plan=both,
        result=Result.DONE,
        outcomes=(Outcome(left_out, State.SKIPPED, {}, (warning(),)), published(API)),
    )


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN, State.NOT_PUBLISHED])
def test_one_unpublished_repository_is_a_failure(state: State) -> None:
    """Unknown counts as failed; the others stay published."""
    report = ended(BOTH, [as_state(state), published(API)])
    assert (report.result, report.exit_code) == (Result.FAILED, 1)
    assert [outcome.state for outcome in report.outcomes] == [State.PUBLISHED, state]


@pytest.mark.parametrize(
    ("states", "unfinished"),
    [
        ((State.PUBLISHED, State.FAILED), True),
        ((State.UNKNOWN, State.NOT_PUBLISHED), True),
        ((State.FAILED, State.NOT_PUBLISHED), False),
        ((State.PUBLISHED, State.PUBLISHED), False),
    ],
)
def test_what_is_partly_published_is_unfinished(
    states: tuple[State, ...],
    unfinished: bool,  # noqa: FBT001
) -> None:
    """If nothing was or may have been published, there is nothing to continue."""
    outcomes = [Outcome(repo, state) for repo, state in zip(BOTH.repos, states, strict=True)]
    assert ended(BOTH, outcomes).unfinished is unfinished


def test_an_unfinished_operation_has_no_hints_from_its_plan() -> None:
    """No other operation can begin now, but problems found since then keep their hints."""
    before = Problem("not_included", "has unpushed work.", "Push it first.", Severity.WARN)
    since = Problem("refused", "the remote refused.", "Ask its owner.")
    api, web = (replace(repo, problems=(before,)) for repo in BOTH.repos)
    done = Outcome(api, State.PUBLISHED, MADE, (before,))
    failed = Outcome(web, State.FAILED, problems=(before, since))
    report = ended(BOTH, [done, failed])
    assert [[p.hint for p in o.problems] for o in report.outcomes] == [[""], ["", since.hint]]
    (finished,) = ended(plan(api), [done]).outcomes
    assert finished.problems == (before,)


def test_a_partly_published_repository_is_unfinished() -> None:
    """One of its refs is published, so there is something to continue."""
    partial = Outcome(to_publish(), State.FAILED, MADE, partial=True)
    assert ended(plan(to_publish()), [partial]).unfinished


@pytest.mark.parametrize("state", [State.PUBLISHED, State.UPDATED, State.UP_TO_DATE, State.SKIPPED])
def test_a_skipped_repository_is_not_a_failure(state: State) -> None:
    """It was skipped on request."""
    assert ended(BOTH, [published(API), as_state(state)]).result is Result.DONE


def test_an_interrupted_operation_ends_with_130() -> None:
    """It does not matter what was published."""
    report = ended(BOTH, [published(API), as_state(State.NOT_PUBLISHED)], interrupted=True)
    assert (report.result, report.exit_code) == (Result.FAILED, 130)


@pytest.mark.parametrize(
    ("states", "interrupted", "result"),
    [
        ((State.PUBLISHED, State.NOT_PUBLISHED), False, Result.PAUSED),
        ((State.PUBLISHED, State.NOT_PUBLISHED), True, Result.FAILED),
        ((State.NOT_PUBLISHED, State.NOT_PUBLISHED), True, Result.FAILED),
        ((State.NOT_PUBLISHED, State.NOT_PUBLISHED), False, Result.FAILED),
    ],
)
def test_without_waiting_later_waves_are_a_pause(
    states: tuple[State, ...],
    interrupted: bool,  # noqa: FBT001
    result: Result,
) -> None:
    """This requires that an earlier wave is published, and that there was no Ctrl-C."""
    both = replace(BOTH, wait=False)
    outcomes = [Outcome(repo, state) for repo, state in zip(both.repos, states, strict=True)]
    report = ended(both, outcomes, interrupted=interrupted)
    assert report.result is result
    assert report.unfinished is (State.PUBLISHED in states)


@pytest.mark.parametrize(
    ("result", "exit_code"),
    [
        (Result.PLANNED, 0),
        (Result.DONE, 0),
        (Result.NOTHING, 0),
        (Result.FAILED, 1),
        (Result.ERROR, 1),
        (Result.BLOCKED, 3),
        (Result.CANCELLED, 3),
        (Result.PAUSED, 3),
    ],
)
def test_each_result_has_its_exit_code(result: Result, exit_code: int) -> None:
    """Scripts rely on it."""
    assert Report(BOTH, result, ()).exit_code == exit_code


def test_repositories_are_counted_by_state() -> None:
    """Several states can be counted together."""
    report = ended(BOTH, [published(API), as_state(State.FAILED)])
    assert report.count(State.FAILED) == 1
    assert report.count(State.FAILED, State.PUBLISHED) == 2
    assert report.count(State.SKIPPED) == 0


@pytest.mark.parametrize(
    ("deployment", "wait", "is_open"),
    [
        (Deployment(state=RunState.STARTING), False, True),
        (Deployment(state=RunState.QUEUED, run=Run("1")), False, False),
        (Deployment(state=RunState.QUEUED, run=Run("1")), True, True),
        (Deployment(state=RunState.TIMED_OUT, run=Run("1")), True, True),
        (Deployment(state=RunState.UNKNOWN), False, True),
        (Deployment(state=RunState.FAILED, run=Run("1")), True, False),
    ],
)
def test_an_operation_stays_open_for_what_may_still_change(
    deployment: Deployment, *, wait: bool, is_open: bool
) -> None:
    """Without waiting, it only stays open if it is unknown whether a deployment started."""
    whole = replace(BOTH, wait=wait)
    outcomes = [
        Outcome(repo, State.PUBLISHED, MADE, deployments=(deployment,)) for repo in whole.repos
    ]
    assert ended(whole, outcomes).unfinished == is_open
