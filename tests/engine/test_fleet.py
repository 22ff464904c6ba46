"""The same work in each repository: results, failures as values, and notifications."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from multigit.core.reports.leaving import Leaving
from multigit.core.values.listener import ShowActivity
from multigit.engine.fleet import Fleet
from multigit.engine.run_all import AfterRemote, Results
from multigit.errors import MultigitError
from tests.engine.operations import Listening

LONG = 20.0  # seconds; only a failing test waits that long


def fail_at_b(name: str, _: ShowActivity) -> str:
    """Return the name in capitals, or fail."""
    if name == "b":
        raise MultigitError("is broken.")
    return name.upper()


def in_each(
    work: Callable[[str, ShowActivity], str | AfterRemote[str]],
    *,
    jobs: int = 3,
    leaving: Leaving | None = None,
    listener: Listening | None = None,
) -> Results[str]:
    """Run the work for a, b and c."""
    return Fleet(listener or Listening(), jobs).for_each(
        {name: name for name in "abc"},
        work,
        phase="Working",
        doing="working",
        summarize=lambda result: ("done", result),
        leaving=leaving,
    )


def test_results_come_in_the_order_of_the_names() -> None:
    """The results are in the order of the names, whichever ends first."""
    last_ended = threading.Event()

    def work(name: str, _: ShowActivity) -> str:
        if name == "c":
            last_ended.set()
        assert last_ended.wait(LONG)
        return name.upper()

    assert list(in_each(work).results) == ["a", "b", "c"]


def test_a_failure_is_a_value_in_its_place() -> None:
    """The other names are done; `all` raises the failure."""
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
    """It is handled like a failure in the first part."""
    done = in_each(lambda name, show: AfterRemote(lambda: fail_at_b(name, show)))
    assert (list(done.results), list(done.errors)) == (["a", "c"], ["b"])


def test_the_listener_hears_how_it_began_and_ended() -> None:
    """A success is reported only after the second part, and a failure with its reason."""
    heard = Listening()

    def work(name: str, show: ShowActivity) -> AfterRemote[str]:
        show("reaching")
        return AfterRemote(lambda: fail_at_b(name, show))

    in_each(work, jobs=1, listener=heard)
    assert heard.heard[0] == ("Working", "a", "b", "c")
    assert [event for event in heard.heard if event[0] == "a"] == [
        ("a", "working"),
        ("a", "reaching"),
        ("a", "done", "A"),
    ]
    assert ("b", "failed", "is broken.") in heard.heard


def test_two_names_of_one_repository_are_heard_as_that() -> None:
    """The phase lists it once."""
    heard = Listening()
    Fleet(heard, 1).for_each(
        {"web/east": 1, "web/west": 2},
        lambda number, _: number,
        phase="Counting",
        doing="counting",
        repo_of=lambda name: name.partition("/")[0],
    )
    assert heard.heard == [
        ("Counting", "web"),
        *[("web", "counting"), ("web", "read", "")] * 2,
    ]


def test_ctrl_c_ends_work_that_is_not_orderly_at_once(press_ctrl_c: Callable[[], None]) -> None:
    """It does not wait for running work."""
    leave = threading.Event()

    def work(name: str, _: ShowActivity) -> str:
        press_ctrl_c()
        leave.wait(LONG)
        return name

    with pytest.raises(KeyboardInterrupt):
        in_each(work, jobs=1)
    leave.set()


def test_ctrl_c_lets_orderly_work_end_and_the_listener_hears_of_it(
    press_ctrl_c: Callable[[], None],
) -> None:
    """Running work has its result; the names that were not started are missing."""
    heard = threading.Event()

    class Heard(Listening):
        def say(self, sentence: str) -> None:
            assert sentence == "Waiting for a."
            heard.set()

    def work(name: str, _: ShowActivity) -> str:
        press_ctrl_c()
        assert heard.wait(LONG)
        return name

    def leaving(running: Sequence[str]) -> str:
        return f"Waiting for {', '.join(running)}."

    done = in_each(work, jobs=1, leaving=leaving, listener=Heard())
    assert done == Results({"a": "a"}, interrupted=True)
