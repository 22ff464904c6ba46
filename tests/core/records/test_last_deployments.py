"""The last deployment of each repository to each stage, according to the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.publish_steps import DeployStep
from multigit.core.records.last_deployments import (
    MOST,
    failed_last,
    last_deployed,
    with_unfinished,
)
from multigit.core.records.record import Record
from multigit.core.values.agreement import Accepted
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, Run, RunState
from tests.core.builders import plan, record, row, to_publish


def kept(release: str, *runs: str, repo: str = "api", stage: str = "main", **more: Any) -> Record:
    """Return the record of one repository's deployments."""
    fields: dict[str, Any] = {"operation": "", "at": "2025-01-15", **more}
    rows = row("", *runs, repo=repo)
    return record(fields.pop("operation"), rows, stage=stage, release=release, **fields)


def test_the_last_deployment_counts() -> None:
    """It is found by repository and stage, and promotions without a deployment are ignored."""
    records = [
        kept("r-1", "failed"),
        kept("r-2", "succeeded", "unhealthy"),
        kept("r-3", "succeeded", repo="web"),
        kept("r-4"),
        kept("s-1", "failed", stage="stg"),
    ]
    last = last_deployed(records)
    assert (last["api"]["main"].release, last["api"]["main"].state) == ("r-2", "unhealthy")
    assert failed_last(last, "main") == {"api"}
    assert failed_last(last, "stg") == {"api"}


def test_a_watch_of_an_older_operation_does_not_make_it_the_last() -> None:
    """Its end is recorded later, but the stage has what was deployed after it."""
    first = kept("r-1", "running", operation="one")
    second = kept("r-2", "running", operation="two")
    end = kept("r-1", "succeeded", operation="w", watches="one")
    ends = kept("r-2", "succeeded", operation="x", watches="two")
    again = kept("r-2", "failed", operation="y", watches="two")
    assert last_deployed([first, end])["api"]["main"].state == "succeeded"
    last = last_deployed([first, second, end])["api"]["main"]
    assert (last.release, last.state) == ("r-2", "running")
    assert last_deployed([first, second, ends, again])["api"]["main"].state == "failed"


def test_one_that_is_running_did_not_go_wrong() -> None:
    """One that was not reached counts as failed."""
    assert failed_last(last_deployed([kept("r-1", "running")]), "main") == set()
    assert failed_last(last_deployed([kept("r-1", "succeeded", "not_started")]), "main") == {"api"}


def test_a_skipped_deployment_leaves_the_last_one_as_it_is() -> None:
    """It changed nothing: what failed before it still failed, and what succeeded still runs."""
    skipped = kept("r-2", "skipped", operation="two")
    for before in ("failed", "succeeded", "running"):
        last = last_deployed([kept("r-1", before, operation="one"), skipped])["api"]["main"]
        assert (last.release, last.state) == ("r-1", before)
    assert last_deployed([skipped])["api"]["main"].state == "skipped"
    assert failed_last(last_deployed([skipped]), "main") == set()
    mixed = last_deployed([kept("r-1", "skipped", "succeeded")])["api"]["main"]
    assert mixed.state == "succeeded"


def test_a_watch_may_see_that_the_last_one_was_skipped() -> None:
    """It was running before, and is not any more."""
    running = kept("r-1", "running", operation="one")
    seen = kept("r-1", "skipped", operation="w", watches="one")
    assert last_deployed([running, seen])["api"]["main"].state == "skipped"


def test_what_was_not_reached_leaves_the_earlier_one_there() -> None:
    """It may still run, or be rerun; the stage lacks the last release all the same."""
    first = kept("r-1", "failed", operation="one")
    missed = kept("r-2", "not_started", operation="two")
    last = last_deployed([first, missed])["api"]["main"]
    assert (last.release, last.went_wrong) == ("r-2", True)
    assert last.by_operation() == {"two": {"": "not_started"}, "one": {"": "failed"}}
    good = last_deployed([kept("r-1", "succeeded", operation="one"), missed])
    assert failed_last(good, "main") == {"api"}
    unknown = last_deployed([kept("r-1", "unknown", operation="one"), missed, missed])
    assert unknown["api"]["main"].may_run
    assert failed_last(unknown, "main") == set()


def test_each_target_has_its_own_last_operation() -> None:
    """What began replaces what was there, also if it failed; the other target keeps its own."""
    first = kept("r-1", "succeeded", "running", operation="one")
    second = kept("r-2", "failed", "not_started", operation="two")
    last = last_deployed([first, second])
    assert last["api"]["main"].state == "running"
    assert last["api"]["main"].by_operation() == {
        "two": {"eu": "failed", "us": "not_started"},
        "one": {"us": "running"},
    }
    end = kept("r-1", "succeeded", "succeeded", operation="w", watches="one")
    after = last_deployed([end], last)["api"]["main"]
    assert (after.operation, after.went_wrong) == ("two", True)
    assert after.by_operation()["one"] == {"us": "succeeded"}
    third = last_deployed([kept("r-3", "failed", "succeeded", operation="three")], last)
    assert list(third["api"]["main"].by_operation()) == ["three"]


def test_what_failed_since_the_last_success_is_kept() -> None:
    """Anyone can rerun it, so it is looked at before the next deployment."""
    states = ["failed", "succeeded", "failed", "not_started", "unhealthy", "failed"]
    records = [kept("r", state, operation=f"op-{at}") for at, state in enumerate(states)]
    last = last_deployed(records)["api"]["main"]
    assert last.unsettled() == {"op-2": [""], "op-4": [""]}
    again = kept("r", "running", operation="op-5")
    assert last_deployed([*records, again])["api"]["main"].unsettled() == last.unsettled()
    good = [*records, kept("r", "succeeded", operation="op-6")]
    after = last_deployed([*good, kept("r", "failed", operation="op-7")])["api"]["main"]
    assert after.unsettled() == {}
    many = [kept("r", "failed", operation=f"op-{at}") for at in range(20)]
    assert list(last_deployed(many)["api"]["main"].unsettled())[-1] == "op-18"
    assert len(last_deployed(many)["api"]["main"].unsettled()) == MOST


def test_what_was_in_doubt_when_another_one_began_is_kept() -> None:
    """A person accepted that. Without it, what no one saw end had ended when the next one began."""
    first, third = kept("r", "running", operation="one"), kept("r", "queued", operation="three")
    doubt = Accepted("deployment_in_doubt", "api", "it is unknown.", "one/api/1")
    second = kept("r", "failed", operation="two", accepted=(doubt,))
    assert last_deployed([first, second])["api"]["main"].unsettled() == {"one": [""]}
    last = last_deployed([first, second, third])["api"]["main"]
    assert last.unsettled() == {"one": [""], "two": [""]}
    fourth = kept("r", "queued", operation="four")
    assert last_deployed([first, second, third, fourth])["api"]["main"].unsettled() == {}


def test_a_rule_that_was_overridden_leaves_nothing_in_doubt() -> None:
    """It is about no deployment, so the first one of a stage follows none."""
    bad = Accepted("bad_release", "api", "r was marked bad.", reason="r-2 loses orders")
    last = last_deployed([kept("r", "succeeded", operation="one", accepted=(bad,))])["api"]["main"]
    assert last.unsettled() == {}
    assert [each.unsettled for each in last.targets.values()] == [()]


def test_a_second_attempt_that_was_not_started_follows_a_first_one() -> None:
    """The operation had deployed there before, so what was there earlier is replaced."""
    again = replace(row("", "not_started").deployments[0], attempt=2)
    second = record("two", replace(row(""), deployments=(again,)), stage="main")
    last = last_deployed([kept("r-1", "running", operation="one"), second])["api"]["main"]
    assert last.by_operation() == {"two": {"": "not_started"}}


def test_a_target_that_is_gone_is_forgotten() -> None:
    """No deployment to it follows, so what is unknown about it would block forever."""
    first = kept("r-1", "unknown", "unknown", operation="one")
    missed = kept("r-2", "not_started", operation="two")
    assert last_deployed([first, missed])["api"]["main"].may_run
    moved = kept("r-2", "succeeded", operation="two")
    assert last_deployed([first, moved])["api"]["main"].state == "succeeded"


def test_a_record_without_a_state_is_unknown() -> None:
    """The log may be cut, or written by anyone."""
    assert last_deployed([kept("r-1", "")])["api"]["main"].state == "unknown"


@pytest.mark.parametrize("may_run", [state for state in RunState if state.may_run])
@pytest.mark.parametrize("other", [state for state in RunState if not state.may_run])
def test_what_may_run_at_one_target_counts_for_all_of_them(may_run: str, other: str) -> None:
    """It does not matter how the others ended, since nothing may be started in the meantime."""
    for states in ((may_run, other), (other, may_run)):
        last = last_deployed([kept("r-1", *states)])
        assert last["api"]["main"].state == may_run
        assert failed_last(last, "main") == set()


def test_running_comes_before_unknown() -> None:
    """A failure comes before a success."""
    last = last_deployed([kept("r-1", "unknown", "running"), kept("s", "succeeded", "failed")])
    assert last["api"]["main"].state == "failed"
    assert last_deployed([kept("r-1", "unknown", "running")])["api"]["main"].state == "running"


def test_what_is_unknown_is_never_repeated_automatically() -> None:
    """It may have started, and may still be running."""
    for state in ("unknown", "timed_out", "exploded"):
        assert failed_last(last_deployed([kept("r-1", state)]), "main") == set()


def test_an_operation_without_a_record_counts_by_its_journal() -> None:
    """It is the last one, whatever the log says; a deployment that never started does not count."""
    last = last_deployed([kept("r-1", "succeeded", stage="stg")])
    begun = {"api": {"": Deployment("", RunState.RUNNING)}}
    known = with_unfinished(last, plan(to_publish()), begun)["api"]["stg"]
    assert (known.release, known.state) == ("stg-deploy-20250115-160130", "running")
    assert known.operation == plan().operation
    assert with_unfinished(last, plan(to_publish()), {}) == last


def test_what_an_unfinished_operation_has_not_noted_keeps_the_earlier_one_there() -> None:
    """The journal notes one target after the other; the second one still has what ran before."""
    repo = to_publish()
    steps = [
        DeployStep("stg", "stg", "staging", target, CommandRunner(("true",)), 60.0)
        for target in ("eu", "us")
    ]
    both = plan(replace(repo, steps=(*repo.steps, *steps)))
    last = last_deployed([kept("r-1", "succeeded", "failed", stage="stg", operation="one")])
    begun = {"api": {"eu": Deployment("eu", RunState.SUCCEEDED, Run("1"))}}
    known = with_unfinished(last, both, begun)["api"]["stg"]
    assert known.by_operation() == {
        both.operation: {"eu": "succeeded", "us": "not_started"},
        "one": {"us": "failed"},
    }
    assert known.went_wrong


@pytest.mark.parametrize(
    "at", ["", "yesterday", "0001-01-01", "99999-01-01T00:00:00Z", "2025-13-01"]
)
def test_an_unreadable_time_is_zero(at: str) -> None:
    """A record from outside may contain anything."""
    assert last_deployed([kept("r-1", "failed", at=at)])["api"]["main"].time == 0
