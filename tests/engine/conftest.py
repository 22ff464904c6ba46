"""Repositories with something to promote, a way to press Ctrl-C, and no pauses between tries."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from multigit.engine import retry as patience
from tests.engine.deployments import World
from tests.engine.operations import NAMES, with_changes
from tests.support.fake_git import FakeGit


@pytest.fixture
def git() -> FakeGit:
    """Return three repositories with something to promote from dev to stg."""
    return with_changes(FakeGit(*NAMES))


@pytest.fixture
def press_ctrl_c() -> Iterator[Callable[[], None]]:
    """Return a function that interrupts the main thread, and returns once it has noticed."""
    main, interrupted = threading.main_thread().ident, threading.Event()
    assert main

    def handle(_number: int, _frame: object) -> NoReturn:
        interrupted.set()
        raise KeyboardInterrupt

    def press() -> None:
        pause()  # until the main thread has nothing to do but wait
        interrupted.clear()
        signal.pthread_kill(main, signal.SIGINT)
        assert interrupted.wait(20)
        pause()  # until it waits again

    before = signal.signal(signal.SIGINT, handle)
    yield press
    signal.signal(signal.SIGINT, before)


def pause() -> None:
    """Give another thread time to run."""
    threading.Event().wait(0.15)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without pauses."""
    monkeypatch.setattr(patience, "READS", replace(patience.READS, pause=0.0))


@pytest.fixture
def world() -> World:
    """Return a world in which everything succeeds."""
    return World()
