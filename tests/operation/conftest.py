"""Fixtures for tests of operations."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.operation.interrupts import INTERRUPTS
from tests.operation.desk import Desk

PATIENCE = 60  # seconds


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Restore the signal handlers that an operation replaces for the rest of its process."""
    before = {each: signal.getsignal(each) for each in INTERRUPTS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Keep a test from watching a deployment forever."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a workspace with a commit waiting on dev in each repository."""
    return with_work(Desk(tmp_path))


def with_work(desk: Desk) -> Desk:
    """Let a colleague commit on dev in each repository."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "1"})
    return desk
