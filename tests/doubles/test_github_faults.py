"""Injected faults: what the client sees, and whether the request had its effect."""

from __future__ import annotations

import pytest
import requests

from .asking import BODY, DISPATCH, RUNS, STARTED, ask, dispatch, get
from .conftest import REPO
from .github import GitHub, faults
from .github.faults import Fault

START = "actions/create-workflow-dispatch"


@pytest.mark.parametrize(
    ("fault", "status", "starts"),
    [
        (faults.effect_then(502), 502, 1),
        (faults.error(502), 502, 0),
        (faults.not_found(), 404, 0),
        (faults.forbidden(), 403, 0),
        (faults.error(401, "Bad credentials"), 401, 0),
        (faults.error(422, "no"), 422, 0),
        (faults.primary_limit(1_800_000_000), 403, 0),
        (faults.secondary_limit(7, status=429), 429, 0),
    ],
)
def test_fault_strikes_once(github: GitHub, fault: Fault, status: int, starts: int) -> None:
    github.inject(fault, REPO, START)
    assert ask(github, "POST", DISPATCH, BODY).status_code == status
    assert github.starts[STARTED] == starts
    assert ask(github, "POST", DISPATCH, BODY).status_code == 204
    assert github.starts == {STARTED: starts + 1}


@pytest.mark.parametrize("effect", [True, False])
def test_dropped_connection(github: GitHub, *, effect: bool) -> None:
    github.inject(faults.dropped(effect=effect), operation=START)
    with pytest.raises(requests.ConnectionError):
        ask(github, "POST", DISPATCH, BODY)
    assert github.starts[STARTED] == effect
    assert (github.count(START), github.requests[0].status) == (1, 0)


def test_limits_say_when_to_come_back(github: GitHub) -> None:
    github.inject(faults.primary_limit(1_800_000_000))
    github.inject(faults.secondary_limit(7))
    first, second = (ask(github, "GET", RUNS).headers for _ in range(2))
    assert (first["X-RateLimit-Remaining"], first["X-RateLimit-Reset"]) == ("0", "1800000000")
    assert second["Retry-After"] == "7"


def test_a_limit_refuses_until_its_time_is_over(github: GitHub) -> None:
    """Nothing is started by what it refuses, and other operations pass."""
    limit = github.limit(START, most=2, seconds=60.0)
    answers = [ask(github, "POST", DISPATCH, BODY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [204, 204, 403, 403]
    assert answers[-1].headers["Retry-After"] == "60"
    assert (github.starts[STARTED], limit.refused) == (2, [2])
    assert ask(github, "GET", RUNS).status_code == 200


def test_no_json_is_no_violation(github: GitHub) -> None:
    github.inject(faults.no_json(), operation=START)
    answer = ask(github, "POST", DISPATCH, BODY)
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")
    assert github.starts == {STARTED: 1}


def test_dripping_answer_arrives_whole(github: GitHub) -> None:
    github.inject(faults.dripping(0.0001), operation="actions/list-*")
    assert get(github, RUNS)["total_count"] == 0


def test_silence_ends_with_the_client(github: GitHub) -> None:
    github.inject(faults.silent())
    with pytest.raises(requests.ReadTimeout):
        requests.get(github.api + RUNS, timeout=0.05)


def test_faults_are_counted_and_chosen(github: GitHub) -> None:
    """They occur after some requests, several times, only where they match, until cleared."""
    number = dispatch(github)
    github.inject(faults.error(500), REPO, "actions/get-workflow-run", times=2, after=1)
    path = f"{RUNS}/{number}"
    assert [ask(github, "GET", path).status_code for _ in range(4)] == [200, 500, 500, 200]
    github.inject(faults.error(500), "acme/other", times=None)
    github.inject(faults.error(503), REPO, times=None)
    assert [ask(github, "GET", path).status_code for _ in range(3)] == [503] * 3
    github.clear_faults()
    assert ask(github, "GET", path).status_code == 200
