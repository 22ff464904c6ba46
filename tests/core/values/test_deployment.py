"""Deployments as values: templates, health, and what the log knows of them."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.core.records.last_deployments import failed_last, last_deployed, tells_news
from multigit.core.values.deployment import CommandRunner as Command
from multigit.core.values.deployment import HealthCheck, Order, RunState, filled, unknown_keys
from multigit.core.values.health_check import Answer, unhealthy

JSON = HealthCheck("https://x", json="build.0.sha")
HEADER = HealthCheck("https://x", header="X-Version")


def test_templates_are_filled_and_other_braces_stay() -> None:
    """So that JSON in an argument survives."""
    order = Order(
        "key", "api", "stg", "staging", "stg", "1a2b", "t-1", "r-1", "nrt", 0.0, Command(())
    )
    assert order.fill("{repo}-{release} {sha} {target} {environment} {key}") == (
        "api-r-1 1a2b nrt staging key"
    )
    assert filled('{"a": {x}} {repo}', {"repo": "api"}) == '{"a": {x}} api'


def test_unknown_placeholders_are_named_once() -> None:
    """In whatever order they are looked at."""
    assert unknown_keys("{relase} {relase} {repo}") == ("relase",)


@pytest.mark.parametrize(
    ("check", "answer", "wrong"),
    [
        (HealthCheck("x"), Answer(200), ""),
        (HealthCheck("x", status=204), Answer(204), ""),
        (HealthCheck("x"), Answer(503, "disk\nfull"), "it answers 503, not 200: disk full."),
        (JSON, Answer(200, '{"build": [{"sha": "v1"}]}'), ""),
        (JSON, Answer(200, '{"build": [{"sha": "v0"}]}'), "build.0.sha is v0, not v1."),
        (JSON, Answer(200, '{"build": []}'), "build.0.sha is missing in its answer."),
        (JSON, Answer(200, "<html>"), "its answer is no JSON: <html>."),
        (HEADER, Answer(200, headers={"x-version": "v1"}), ""),
        (HEADER, Answer(200), "the header X-Version is missing in its answer."),
        (HealthCheck("x"), Answer(500), "it answers 500, not 200."),
    ],
)
def test_an_answer_is_judged_by_what_is_asked_for(
    check: HealthCheck, answer: Answer, wrong: str
) -> None:
    """The status first, then the part that is named."""
    assert unhealthy(check, "v1", answer) == wrong


def test_what_an_answer_says_is_harmless_and_short() -> None:
    """It may be anybody's."""
    told = unhealthy(HealthCheck("x"), "", Answer(500, "\x1b[31m" + "x" * 999))
    assert "\x1b" not in told
    assert len(told) < 300


def record(release: str, *states: str, repo: str = "api", stage: str = "main") -> dict[str, Any]:
    """Return a log record of one repository's deployments."""
    deployments = [{"state": state} for state in states]
    repos = [{"repo": repo, "deployments": deployments}]
    return {"stage": stage, "release": release, "at": "2025-01-15", "repos": repos}


def test_the_last_deployment_counts() -> None:
    """By repository and stage; a promotion that deployed nothing does not."""
    records = [
        record("r-1", "failed"),
        record("r-2", "succeeded", "unhealthy"),
        record("r-3", "succeeded", repo="web"),
        record("r-4"),
        record("s-1", "failed", stage="stg"),
    ]
    last = last_deployed(records)
    assert (last["api"]["main"].release, last["api"]["main"].state) == ("r-2", "unhealthy")
    assert failed_last(last, "main") == {"api"}
    assert failed_last(last, "stg") == {"api"}


def test_who_watches_an_older_operation_does_not_make_it_the_last() -> None:
    """Its end is news, but the stage holds what was deployed after it."""
    first = record("r-1", "running") | {"operation": "one"}
    second = record("r-2", "running") | {"operation": "two"}
    end = record("r-1", "succeeded") | {"operation": "w", "watches": "one"}
    ends = record("r-2", "succeeded") | {"operation": "x", "watches": "two"}
    again = record("r-2", "failed") | {"operation": "y", "watches": "two"}
    assert last_deployed([first, end])["api"]["main"].state == "succeeded"
    last = last_deployed([first, second, end])["api"]["main"]
    assert (last.release, last.state) == ("r-2", "running")
    assert last_deployed([first, second, ends, again])["api"]["main"].state == "failed"


def test_an_end_is_told_once() -> None:
    """Two who watch the same operation see the same end; where it stands meanwhile is no news."""
    started = record("r-1", "queued") | {"operation": "one"}
    running = record("r-1", "running") | {"operation": "w", "watches": "one"}
    end = record("r-1", "succeeded") | {"operation": "w", "watches": "one"}
    assert not tells_news([started], running)
    assert tells_news([started], end)
    assert not tells_news([started, end], end)
    other = record("r-1", "succeeded") | {"operation": "two"}
    assert tells_news([started, other], end)


def test_one_under_way_did_not_go_wrong() -> None:
    """One that was not reached did."""
    assert failed_last(last_deployed([record("r-1", "running")]), "main") == set()
    assert failed_last(last_deployed([record("r-1", "succeeded", "not_started")]), "main") == {
        "api"
    }


@pytest.mark.parametrize("may_run", [state for state in RunState if state.may_run])
@pytest.mark.parametrize("other", [state for state in RunState if not state.may_run])
def test_what_may_run_at_one_target_tells_for_all_of_them(may_run: str, other: str) -> None:
    """Whatever became of the others: nothing is started beside it."""
    for states in ((may_run, other), (other, may_run)):
        last = last_deployed([record("r-1", *states)])
        assert last["api"]["main"].state == may_run
        assert failed_last(last, "main") == set()


def test_one_under_way_is_told_before_one_in_doubt() -> None:
    """And a failure before what went well."""
    last = last_deployed([record("r-1", "unknown", "running"), record("s", "succeeded", "failed")])
    assert last["api"]["main"].state == "failed"
    assert last_deployed([record("r-1", "unknown", "running")])["api"]["main"].state == "running"


def test_what_is_in_doubt_is_never_repeated_by_itself() -> None:
    """It may have begun, or still go on."""
    for state in ("unknown", "timed_out", "exploded"):
        assert failed_last(last_deployed([record("r-1", state)]), "main") == set()


def test_states_are_words_that_are_kept() -> None:
    """Scripts compare them."""
    assert " ".join(RunState) == (
        "not_started starting queued waiting running checking succeeded failed cancelled "
        "unhealthy timed_out unknown"
    )
    assert {state for state in RunState if state.bad} < {state for state in RunState if state.over}
