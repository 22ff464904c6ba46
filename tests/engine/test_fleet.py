"""Many repositories at once, and the user's Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from multigit.core.values.listener import Tell
from multigit.engine.fleet import Rest, Sweep, for_each_repo, sweep
from multigit.errors import MultigitError
from tests.engine.operations import Listening

LONG = 20.0  # seconds; no test waits that long unless it fails
NAMES = tuple("abcdefgh")


def test_every_name_gets_its_result() -> None:
    """Whatever the order in which they end."""
    assert sweep(NAMES, str.upper, jobs=3) == Sweep({name: name.upper() for name in NAMES})


def test_no_names_are_no_work() -> None:
    """Also without any worker."""
    assert sweep((), str.upper, jobs=0) == Sweep({})


def test_at_most_so_many_work_at_a_time() -> None:
    """And really that many: three meet, a fourth never joins them."""
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

    sweep(NAMES[:6], work, jobs=3)
    assert most == 3


def test_the_rest_of_the_work_holds_no_place() -> None:
    """With one job, the second name begins while the first still has something to do."""
    second_began = threading.Event()

    def work(name: str) -> str | Rest[str]:
        if name == "b":
            second_began.set()
        return Rest(lambda: name if second_began.wait(LONG) else "waited in vain")

    assert sweep(("a", "b"), work, jobs=1) == Sweep({"a": "a", "b": "b"})


def test_ctrl_c_lets_the_rest_of_what_began_end(press_ctrl_c: Callable[[], None]) -> None:
    """A push that arrived is still noted; the next one does not begin."""

    def work(name: str) -> str | Rest[str]:
        if name == "a":
            press_ctrl_c()
        return Rest(name.upper)

    done = sweep(NAMES, work, jobs=1)
    assert done.interrupted
    assert done.results["a"] == "A"


def test_a_bug_in_the_rest_comes_out() -> None:
    """As one in the work itself does."""

    def fail() -> str:
        raise ZeroDivisionError

    def work(_name: str) -> str | Rest[str]:
        return Rest(fail)

    with pytest.raises(ZeroDivisionError):
        sweep(NAMES, work, jobs=2)


def test_one_job_works_in_order() -> None:
    """One after the other, as they are named."""
    done: list[str] = []
    sweep(NAMES, done.append, jobs=1)
    assert done == list(NAMES)


def test_a_bug_in_the_work_comes_out() -> None:
    """As the exception that it is, when all the others have ended."""
    done: list[str] = []

    def work(name: str) -> None:
        if name == "b":
            raise ZeroDivisionError
        done.append(name)

    with pytest.raises(ZeroDivisionError):
        sweep(NAMES, work, jobs=2)
    assert sorted(done) == [name for name in NAMES if name != "b"]


def test_ctrl_c_lets_what_runs_end_and_begins_nothing_new(
    press_ctrl_c: Callable[[], None],
) -> None:
    """Both that were running have their results; the others are missing."""
    both = threading.Barrier(2, timeout=LONG)

    def work(name: str) -> str:
        if both.wait() == 0:
            press_ctrl_c()
        both.wait()
        return name

    assert sweep(NAMES, work, jobs=2) == Sweep({"a": "a", "b": "b"}, interrupted=True)


def test_a_second_ctrl_c_leaves_at_once(press_ctrl_c: Callable[[], None]) -> None:
    """Without waiting for what runs."""
    leave = threading.Event()

    def work(_name: str) -> None:
        for _ in range(2):
            press_ctrl_c()
        leave.wait(LONG)

    with pytest.raises(KeyboardInterrupt):
        sweep(NAMES, work, jobs=1)
    leave.set()


# --- In each repository


def fail_at_b(name: str, _: Tell) -> str:
    """Return the name in capitals, or fail."""
    if name == "b":
        raise MultigitError("is broken.")
    return name.upper()


def in_each(
    work: Callable[[str, Tell], str | Rest[str]],
    *,
    jobs: int = 3,
    orderly: bool = False,
    listener: Listening | None = None,
) -> Sweep[str]:
    """Work in the repositories a, b and c."""
    return for_each_repo(
        {name: name for name in "abc"},
        work,
        phase="Working",
        doing="working",
        told=lambda result: ("done", result),
        jobs=jobs,
        listener=listener or Listening(),
        orderly=orderly,
    )


def test_results_come_in_the_order_of_the_names() -> None:
    """Whichever ends first."""
    last_ended = threading.Event()

    def work(name: str, _: Tell) -> str:
        if name == "c":
            last_ended.set()
        assert last_ended.wait(LONG)
        return name.upper()

    assert list(in_each(work).results) == ["a", "b", "c"]


def test_a_failure_is_a_value_in_its_place() -> None:
    """It stops no other; whoever asks for all of them hears of it."""
    done = in_each(fail_at_b)
    assert done.results == {"a": "A", "c": "C"}
    assert [error.message for error in done.errors.values()] == ["is broken."]
    assert list(done.completed(lambda name, _: f"no {name}").items()) == [
        ("a", "A"),
        ("b", "no b"),
        ("c", "C"),
    ]
    with pytest.raises(MultigitError, match=r"is broken\."):
        done.all()


def test_a_failure_in_the_rest_is_a_value() -> None:
    """As one before the remote was reached."""
    done = in_each(lambda name, tell: Rest(lambda: fail_at_b(name, tell)))
    assert (list(done.results), list(done.errors)) == (["a", "c"], ["b"])


def test_the_listener_hears_how_it_began_and_ended() -> None:
    """Of the rest only when it is done; of a failure, why."""
    heard = Listening()

    def work(name: str, tell: Tell) -> Rest[str]:
        tell("reaching")
        return Rest(lambda: fail_at_b(name, tell))

    in_each(work, jobs=1, listener=heard)
    assert heard.heard[0] == ("Working", "a", "b", "c")
    assert [event for event in heard.heard if event[0] == "a"] == [
        ("a", "working"),
        ("a", "reaching"),
        ("a", "done", "A"),
    ]
    assert ("b", "failed", "is broken.") in heard.heard


def test_two_names_of_one_repository_are_heard_as_that() -> None:
    """The phase names it once."""
    heard = Listening()
    for_each_repo(
        {"web/east": 1, "web/west": 2},
        lambda number, _: number,
        phase="Counting",
        doing="counting",
        repo_of=lambda name: name.partition("/")[0],
        jobs=1,
        listener=heard,
    )
    assert heard.heard == [("Counting", "web"), *[("web", "counting"), ("web", "read", "")] * 2]


def test_ctrl_c_ends_work_that_is_not_orderly_at_once(press_ctrl_c: Callable[[], None]) -> None:
    """Without waiting for what runs."""
    leave = threading.Event()

    def work(name: str, _: Tell) -> str:
        press_ctrl_c()
        leave.wait(LONG)
        return name

    with pytest.raises(KeyboardInterrupt):
        in_each(work, jobs=1)
    leave.set()


def test_ctrl_c_lets_orderly_work_end_and_the_listener_hears_of_it(
    press_ctrl_c: Callable[[], None],
) -> None:
    """What is under way has its result; the others are missing."""
    told = threading.Event()

    class Heard(Listening):
        def interrupted(self) -> None:
            told.set()

    def work(name: str, _: Tell) -> str:
        press_ctrl_c()
        assert told.wait(LONG)
        return name

    done = in_each(work, jobs=1, orderly=True, listener=Heard())
    assert done == Sweep({"a": "a"}, interrupted=True)


def test_what_was_begun_is_never_forgotten() -> None:
    """Ctrl-C may come while the pool starts its threads: the one that started counts."""
    begun: list[str] = []
    pressed, noticed = threading.Event(), threading.Event()

    def work(name: str) -> str:
        begun.append(name)
        if not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        assert noticed.wait(LONG)
        return name

    done = sweep(NAMES, work, jobs=8, on_interrupt=noticed.set)
    assert done.interrupted
    assert sorted(done.results) == sorted(begun)
