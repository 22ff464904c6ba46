"""Many repositories at once, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from multigit.engine.run_all import AfterRemote, Results, run_all

LONG = 20.0  # seconds; only a failing test waits that long
NAMES = tuple("abcdefgh")


def test_every_name_gets_its_result() -> None:
    """Each name has its own result, whatever order they end in."""
    assert run_all(NAMES, str.upper, jobs=3) == Results({name: name.upper() for name in NAMES})


def test_no_names_are_no_work() -> None:
    """Without names no worker is needed."""
    assert run_all((), str.upper, jobs=0) == Results({})


def test_at_most_so_many_work_at_a_time() -> None:
    """Exactly three run together: three meet at the barrier, and there is never a fourth."""
    meeting, lock, now, most = threading.Barrier(3, timeout=LONG), threading.Lock(), 0, 0

    def work(name: str) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        meeting.wait()
        with lock:
            now -= 1
        return name

    run_all(NAMES[:6], work, jobs=3)
    assert most == 3


def test_the_rest_of_the_work_holds_no_place() -> None:
    """With one job, the second name starts while the first still has its second part to run."""
    second_began = threading.Event()

    def work(name: str) -> str | AfterRemote[str]:
        if name == "b":
            second_began.set()
        return AfterRemote(lambda: name if second_began.wait(LONG) else "waited in vain")

    assert run_all(("a", "b"), work, jobs=1) == Results({"a": "a", "b": "b"})


def test_ctrl_c_lets_the_rest_of_what_began_end(press_ctrl_c: Callable[[], None]) -> None:
    """A push that was accepted is still recorded, and the next one does not start."""

    def work(name: str) -> str | AfterRemote[str]:
        if name == "a":
            press_ctrl_c()
        return AfterRemote(name.upper)

    done = run_all(NAMES, work, jobs=1)
    assert done.interrupted
    assert done.results["a"] == "A"


def test_a_bug_in_the_rest_comes_out() -> None:
    """It is raised like a bug in the first part."""

    def fail() -> str:
        raise ZeroDivisionError

    def work(_name: str) -> str | AfterRemote[str]:
        return AfterRemote(fail)

    with pytest.raises(ZeroDivisionError):
        run_all(NAMES, work, jobs=2)


def test_one_job_works_in_order() -> None:
    """The names are done one after the other, in the given order."""
    done: list[str] = []
    run_all(NAMES, done.append, jobs=1)
    assert done == list(NAMES)


def test_a_bug_in_the_work_comes_out() -> None:
    """The exception is raised once all others have ended."""
    done: list[str] = []

    def work(name: str) -> None:
        if name == "b":
            raise ZeroDivisionError
        done.append(name)

    with pytest.raises(ZeroDivisionError):
        run_all(NAMES, work, jobs=2)
    assert sorted(done) == [name for name in NAMES if name != "b"]


def test_ctrl_c_lets_what_runs_end_and_begins_nothing_new(
    press_ctrl_c: Callable[[], None],
) -> None:
    """The two that were running have their results; the others are missing."""
    both = threading.Barrier(2, timeout=LONG)

    def work(name: str) -> str:
        if both.wait() == 0:
            press_ctrl_c()
        both.wait()
        return name

    assert run_all(NAMES, work, jobs=2) == Results({"a": "a", "b": "b"}, interrupted=True)


def test_a_second_ctrl_c_leaves_at_once(press_ctrl_c: Callable[[], None]) -> None:
    """It does not wait for running work."""
    leave = threading.Event()

    def work(_name: str) -> None:
        for _ in range(2):
            press_ctrl_c()
        leave.wait(LONG)

    with pytest.raises(KeyboardInterrupt):
        run_all(NAMES, work, jobs=1)
    leave.set()


def test_what_was_started_is_never_forgotten() -> None:
    """Ctrl-C may come while the pool starts its threads; what was started has a result."""
    begun: list[str] = []
    pressed, noticed = threading.Event(), threading.Event()

    def work(name: str) -> str:
        begun.append(name)
        if not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        assert noticed.wait(LONG)
        return name

    done = run_all(NAMES, work, jobs=8, on_interrupt=lambda _: noticed.set())
    assert done.interrupted
    assert sorted(done.results) == sorted(begun)
