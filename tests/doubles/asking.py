"""Requests to the double of GitHub, with ada's token."""

from __future__ import annotations

from typing import Any

import requests

from .conftest import REPO
from .github import TOKEN, GitHub, Start

DISPATCH = f"/repos/{REPO}/actions/workflows/deploy.yml/dispatches"
RUNS = f"/repos/{REPO}/actions/runs"
BODY = {"ref": "main", "inputs": {"release": "r1"}}
STARTED = Start(
    REPO, "deploy.yml", "main", (("release", "r1"), ("target", "nrt"), ("token", "none"))
)


def ask(
    double: GitHub, method: str, path: str, body: Any = None, **headers: str
) -> requests.Response:
    """Send a request with ada's token."""
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    return requests.request(method, double.api + path, json=body, headers=headers, timeout=30)


def get(double: GitHub, path: str) -> Any:
    """Request JSON."""
    answer = ask(double, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def dispatch(double: GitHub, **changes: Any) -> int:
    """Dispatch the deploying workflow; return the run's id."""
    answer = ask(double, "POST", DISPATCH, {**BODY, "return_run_details": True, **changes})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["workflow_run_id"])


def states(double: GitHub, number: int, polls: int) -> list[str]:
    """Poll a run, and return its conclusion, or its status while it has none."""
    seen = [get(double, f"{RUNS}/{number}") for _ in range(polls)]
    return [run["conclusion"] or run["status"] for run in seen]
