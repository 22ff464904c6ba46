"""Deployment logs of any length, as years of promotions would leave them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from multigit.core.records.chain import Head, next_line

BEGIN = datetime(2015, 1, 1, tzinfo=UTC)
APART = timedelta(hours=4)


def write_log(file: Path, count: int, repos: Sequence[str]) -> None:
    """Write a valid log of `count` records, for stg and main in turn, each with all `repos`."""
    with file.open("wb") as stream:
        file.chmod(0o600)
        for line in _lines(count, repos):
            stream.write(line + b"\n")


def _lines(count: int, repos: Sequence[str]) -> Iterator[bytes]:
    head = Head()
    for number in range(count):
        line, head = next_line(_record(number, repos), head)
        yield line


def _record(number: int, repos: Sequence[str]) -> dict[str, Any]:
    at = BEGIN + number * APART
    source, stage = (("dev", "stg"), ("stg", "main"))[number % 2]
    release = f"{stage}-deploy-{at:%Y%m%d-%H%M%S}"
    return {
        "schema": "multigit-log/1",
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "operation": f"{at:%Y%m%dT%H%M%SZ}-promote-{source}-{stage}-{number:04x}",
        "command": "promote",
        "result": "done",
        "who": "Bench <bench@example.invalid>",
        "user": "bench",
        "host": "bench",
        "source": source,
        "stage": stage,
        "message": f"Promote {source} to {stage}",
        "release": release,
        "undoes": "",
        "reason": "",
        "problems": [],
        "repos": [_repo(number, name, stage, release) for name in repos],
    }


def _repo(number: int, name: str, stage: str, release: str) -> dict[str, Any]:
    deployment: dict[str, Any] = {
        "target": None,
        "state": "succeeded",
        "url": f"https://github.example.invalid/shop/{name}/actions/runs/{number}",
        "output": None,
        "job": None,
        "step": None,
        "detail": None,
        "reviewers": [],
        "approved_by": [],
        "attempt": 1,
        "seconds": 90,
    }
    return {
        "repo": name,
        "state": "published",
        "branch": stage,
        "before": f"{number:040x}",
        "after": f"{number + 1:040x}",
        "tag": release,
        "problems": [],
        "deployments": [deployment],
    }
