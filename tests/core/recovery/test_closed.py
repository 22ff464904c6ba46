"""How an operation that is closed unfinished is reported."""

from __future__ import annotations

import pytest

from multigit.core.planning.plan import Result, State
from multigit.core.progress.outcome import Outcome, ended
from multigit.core.recovery.closed import after_undo, closed_report
from multigit.core.recovery.undo import undone
from multigit.core.reports.summary import summary
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.hints import Hint
from tests.core.builders import MOMENT, past
from tests.core.recovery.scene import (
    HELD,
    MADE,
    RUNNING,
    SHOP,
    STG,
    TAG,
    deploying,
    promoted,
    stands,
)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Deployment(state=RunState.STARTING), RunState.UNKNOWN),
        (Deployment(state=RunState.RUNNING, run=Run("1")), RunState.RUNNING),
        (Deployment(state=RunState.FAILED), RunState.FAILED),
    ],
)
def test_a_start_without_a_run_is_recorded_as_unknown(
    known: Deployment, expected: RunState
) -> None:
    """Its result can never be known, while the state of a run can still be found out."""
    left = deploying(deployments={"api": {"": known}})
    report = closed_report(left, {"api": stands(MADE)}, "abandoned")
    (deployment,) = report.outcomes[0].deployments
    assert deployment.state is expected


def test_a_deployment_is_kept_if_its_tag_is_gone() -> None:
    """A running deployment is shown, even if its repository is only partly published."""
    left = deploying(deployments={"api": {"": RUNNING}})
    report = closed_report(left, {"api": stands({STG: "merge-1"})}, "abandoned")
    api = report.outcomes[0]
    assert (api.state, api.partial, api.deployments) == (State.FAILED, True, (RUNNING,))
    assert report.problems[0].hint == Hint.RUNNING_WATCH.format(which="")


def test_an_abandoned_operation_is_recorded_as_is() -> None:
    """The state of each repository is that of its remote."""
    report = closed_report(promoted(), {"api": stands(MADE), "web": stands(HELD)}, "abandoned")
    assert [o.state for o in report.outcomes] == [State.PUBLISHED, State.NOT_PUBLISHED]


def test_a_skipped_deployment_has_nothing_left_to_do() -> None:
    """The operation is done if everything else is."""
    known = {"api": {"": Deployment(state=RunState.SKIPPED)}}
    operation = promoted(deployments=known)
    report = closed_report(operation, {"api": stands(MADE), "web": stands(MADE)}, "abandoned")
    assert report.result is Result.DONE


@pytest.mark.parametrize(
    ("api", "web", "result"),
    [
        (MADE, MADE, Result.DONE),
        (MADE, HELD, Result.FAILED),
        (HELD, HELD, Result.NOTHING),
    ],
)
def test_the_result_of_an_abandoned_operation_is_how_far_it_came(
    api: dict[str, str], web: dict[str, str], result: Result
) -> None:
    """It is done if everything is published after all, and nothing if nothing is."""
    report = closed_report(promoted(), {"api": stands(api), "web": stands(web)}, "abandoned")
    assert report.result is result


def test_what_was_published_and_undone_is_recorded_as_undone() -> None:
    """It does not count as nothing, since it was published for some time."""
    back = undone(promoted(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past())
    undo = ended(back, [Outcome(back.repos[0], State.PUBLISHED, {STG: "stg-1", TAG: ""})])
    report = after_undo(promoted(), undo)
    assert report.result is Result.FAILED
    api, web = report.outcomes
    assert (api.state, [problem.code for problem in api.problems]) == (
        State.NOT_PUBLISHED, ["taken_back"],
    )  # fmt: skip
    assert (web.state, web.problems) == (State.NOT_PUBLISHED, ())
    assert summary(report)[0].endswith("1 undone, 1 not published.")
