"""Values of deployments: filling in templates, and judging health checks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.values.deploy_config import CommandRunner as Command
from multigit.core.values.deploy_config import HealthCheck
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    RunState,
    filled,
    for_all_targets,
    unknown_keys,
)
from multigit.core.values.health_check import Checks, HealthAnswer, unhealthy

JSON = HealthCheck("https://x", json="build.0.sha")
HEADER = HealthCheck("https://x", header="X-Version")


def test_templates_are_filled_and_other_braces_stay() -> None:
    """JSON in an argument therefore stays intact."""
    spec = DeploymentSpec(
        "key", "api", "stg", "staging", "stg", "1a2b", "t-1", "r-1", "nrt", 0.0, Command(())
    )
    assert spec.fill("{repo}-{release} {sha} {target} {environment} {key}") == (
        "api-r-1 1a2b nrt staging key"
    )
    assert filled('{"a": {x}} {repo}', {"repo": "api"}) == '{"a": {x}} api'


def test_unknown_placeholders_are_named_once() -> None:
    """Each is named once, however often it occurs."""
    assert unknown_keys("{relase} {relase} {repo}") == ("relase",)


@pytest.mark.parametrize(
    ("check", "answer", "wrong"),
    [
        (HealthCheck("x"), HealthAnswer(200), ""),
        (HealthCheck("x", status=204), HealthAnswer(204), ""),
        (HealthCheck("x"), HealthAnswer(503, "disk\nfull"), "it answers 503, not 200: disk full."),
        (JSON, HealthAnswer(200, '{"build": [{"sha": "v1"}]}'), ""),
        (JSON, HealthAnswer(200, '{"build": [{"sha": "v0"}]}'), "build.0.sha is v0, not v1."),
        (JSON, HealthAnswer(200, '{"build": []}'), "build.0.sha is missing from its answer."),
        (JSON, HealthAnswer(200, "<html>"), "its answer is not JSON: <html>."),
        (
            JSON,
            HealthAnswer(200, '{"a', fault="larger than 64 KB"),
            "its answer is larger than 64 KB, so build.0.sha cannot be read.",
        ),
        (JSON, HealthAnswer(200, "1" * 5000), f"its answer is not JSON: {'1' * 200}…."),
        (HEADER, HealthAnswer(200, headers={"x-version": "v1"}), ""),
        (HEADER, HealthAnswer(200), "the header X-Version is missing from its answer."),
        (HealthCheck("x"), HealthAnswer(500), "it answers 500, not 200."),
    ],
)
def test_an_answer_is_judged_by_what_is_required(
    check: HealthCheck, answer: HealthAnswer, wrong: str
) -> None:
    """The status is checked first, and then the named part."""
    assert unhealthy(check, "v1", answer) == wrong


def test_what_an_answer_says_is_harmless_and_short() -> None:
    """Anyone could have written it."""
    shown = unhealthy(HealthCheck("x"), "", HealthAnswer(500, "\x1b[31m" + "x" * 999))
    assert "\x1b" not in shown
    assert len(shown) < 300


def test_states_never_change() -> None:
    """Scripts compare them."""
    assert " ".join(RunState) == (
        "not_started starting queued waiting running checking succeeded skipped "
        "failed cancelled unhealthy timed_out unknown"
    )
    assert {state for state in RunState if state.bad} < {state for state in RunState if state.over}
    assert {state for state in RunState if state.good} == {RunState.SUCCEEDED, RunState.SKIPPED}


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ("succeeded skipped", "succeeded"),
        ("skipped succeeded", "succeeded"),
        ("skipped skipped", "skipped"),
        ("skipped failed not_started", "failed"),
        ("succeeded running", "running"),
    ],
)
def test_several_targets_have_one_state(states: str, together: str) -> None:
    """What is not good comes first, and one that deployed something counts for those skipped."""
    assert for_all_targets(map(RunState, states.split())) == together


def test_a_skipped_deployment_deployed_nothing() -> None:
    """An attempt before it may have."""
    skipped = Deployment(state=RunState.SKIPPED)
    assert (skipped.begun, skipped.maybe_deployed) == (True, False)
    assert replace(skipped, attempt=2).maybe_deployed
    assert replace(skipped, state=RunState.FAILED).maybe_deployed


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([], "it was not checked."),
        (["it answers 503."], "it answers 503."),
        (["", "it answers 503."], "it answers 503. Of 2 answers, 1 was right."),
        (["", "", "b.", "", "a."], "a. Of 5 answers, 3 were right."),
        (["a.", ""], "the last answer was right, but 3 in a row are required. Before: a."),
        (["", ""], "the last 2 answers were right, but 3 in a row are required."),
    ],
)
def test_a_service_that_alternates_has_a_reason(answers: list[str], reason: str) -> None:
    """It begins with the last answer, and is never empty or about a wrong answer of long ago."""
    checks = Checks()
    for wrong in answers:
        checks = checks.after(wrong)
    assert checks.reason(HealthCheck("x", successes=3)) == reason
