"""The limits of a host: what passes, and what waits, when the host asks to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from multigit.adapters.http.limiter import LONGEST, LONGEST_UNNAMED, TURN, UNNAMED, Early, Limiter
from multigit.errors import StoppedError, TooEarlyError
from tests.support.patience import until


class Host:
    """A host that refuses the next requests for a limit, each with a time; a clock that waits."""

    def __init__(self, *limits: float, patience: float = 60.0) -> None:
        self.limits = list(limits)
        self.asked = 0
        self.waits: list[float] = []
        self.said: list[str] = []
        self.time = 1000.0
        self.limiter = Limiter(
            "GitHub",
            wait=self.wait,
            patience=patience,
            notify=self.said.append,
            clock=lambda: self.time,
        )

    def wait(self, seconds: float) -> None:
        """Let the time pass."""
        self.waits.append(seconds)
        self.time += seconds

    def ask(self) -> str:
        """Answer, or refuse."""
        self.asked += 1
        self.time += 0.125
        if self.limits:
            raise Early(self.limits.pop(0))
        return "answer"


def too_early(call: Callable[[], object]) -> TooEarlyError:
    """Return the error that a call raises."""
    with pytest.raises(TooEarlyError) as caught:
        call()
    assert caught.value.__context__ is None
    return caught.value


def test_a_limit_is_waited_for() -> None:
    """As long as the host says; a sentence says so once, and nothing when it is over."""
    host = Host(7.0)
    assert host.limiter.send(host.ask) == "answer"
    assert (host.asked, host.waits) == (2, [7.0])
    sentence, nothing = host.said
    assert sentence.startswith("GitHub asks to wait until ")
    assert sentence.endswith(" UTC (rate limit).")
    assert nothing == ""


def test_nothing_is_sent_before_the_time_is_over() -> None:
    """Whatever asks meanwhile gets the time that is left."""
    host = Host(100.0)
    first = too_early(lambda: host.limiter.send(host.ask))
    assert (first.code, first.seconds) == ("rate_limited", 100.0)
    host.time += 30.0
    second = too_early(lambda: host.limiter.send(host.ask))
    assert (second.seconds, second.message) == (70.0, first.message)
    assert (host.asked, host.waits) == (1, [])
    host.time += 70.0
    assert host.limiter.send(host.ask) == "answer"


def test_the_patience_of_a_request_ends() -> None:
    """It counts all of its waits together."""
    host = Host(*[25.0] * 9)
    assert too_early(lambda: host.limiter.send(host.ask)).seconds == 25.0
    assert (host.asked, host.waits) == (3, [25.0, 25.0])


def test_without_a_time_the_pauses_grow() -> None:
    """From a minute, up to a limit; an answer ends that."""
    host = Host(*[0.0] * 6, patience=1e9)
    host.limiter.send(host.ask)
    assert host.waits == [min(UNNAMED * 2**n, LONGEST_UNNAMED) for n in range(6)]
    host.limits = [0.0]
    host.limiter.send(host.ask)
    assert host.waits[-1] == UNNAMED


def test_no_host_lets_us_wait_forever() -> None:
    """A number with a hundred digits is a mistake."""
    host = Host(float("9" * 400))
    error = too_early(lambda: host.limiter.send(host.ask))
    assert error.seconds == LONGEST
    assert error.message.startswith("GitHub asks to wait until 20")


def test_the_waiting_can_be_stopped() -> None:
    """What `wait` raises ends it, and the sentence is taken away."""
    host = Host(7.0)

    def stop(_: float) -> None:
        raise StoppedError

    host.limiter = Limiter("GitHub", wait=stop, notify=host.said.append)
    with pytest.raises(StoppedError):
        host.limiter.send(host.ask)
    assert host.said[-1] == ""


def test_the_sentence_stays_until_no_one_waits() -> None:
    """Another request may wait for less long: its end is not that of the limit."""
    host = Host(7.0)
    wait, others = host.wait, [lambda: host.limiter.send(host.ask)]

    def wait_together(seconds: float) -> None:
        if others:
            others.pop()()
            assert host.said[-1] != ""
        wait(seconds)

    host.limiter = Limiter(
        "GitHub", wait=wait_together, notify=host.said.append, clock=lambda: host.time
    )
    assert host.limiter.send(host.ask) == "answer"
    first, second, nothing = host.said
    assert (first, nothing) == (second, "")


def test_a_later_time_is_not_forgotten_for_an_earlier_one() -> None:
    """Another request may be refused again between the look at the time and the wait for it."""
    host = Host(100.0, 100.0)
    too_early(lambda: host.limiter.send(host.ask))
    host.time += 70.0
    looks = 0

    def now() -> float:
        nonlocal looks
        looks += 1
        time = host.time
        if looks == 2:  # its wait is computed: the other one is refused before it begins
            host.time += 30.0
            too_early(lambda: host.limiter.send(host.ask))
        return time

    host.limiter._clock = now
    assert too_early(lambda: host.limiter.send(host.ask)).seconds == 70.0
    assert (host.asked, host.waits) == (2, [30.0])


class Slow:
    """Requests that last until the test ends them."""

    def __init__(self, limiter: Limiter, *, alone: bool) -> None:
        self.limiter = limiter
        self.running = 0
        self.most = 0
        self.ended = 0
        self.end = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._alone = alone

    def begin(self, count: int) -> None:
        """Begin so many of them, each in its own thread."""
        for _ in range(count):
            threading.Thread(target=self._send, daemon=True).start()

    def has_ended(self, count: int) -> bool:
        """Return whether so many of them ended."""
        return self.ended == count

    def _send(self) -> None:
        self.limiter.send(self._ask, alone=self._alone)
        with self._lock:
            self.ended += 1

    def _ask(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.end.acquire(timeout=20)
        with self._lock:
            self.running -= 1


@pytest.mark.parametrize("limited", [True, False])
def test_requests_go_one_by_one(limited: bool) -> None:  # noqa: FBT001
    """Those that have to be alone do from the start, all others once there was a limit."""
    host = Host(*[1.0] * limited)
    host.limiter.send(host.ask)
    slow = Slow(host.limiter, alone=not limited)
    slow.begin(8)
    for number in range(8):
        until(lambda: slow.running == 1)
        slow.end.release()
        until(partial(slow.has_ended, number + 1))
    assert slow.most == 1


def test_a_write_that_waits_for_its_turn_can_be_stopped() -> None:
    """It is not sent after Ctrl-C, which ends the waiting; the one before it is."""
    pressed = threading.Event()

    def stop(_: float) -> None:
        if pressed.is_set():
            raise StoppedError

    limiter = Limiter("GitHub", wait=stop)
    slow = Slow(limiter, alone=True)
    slow.begin(1)
    until(lambda: slow.running == 1)
    stopped = list[BaseException]()

    def second() -> None:
        try:
            limiter.send(lambda: slow.ended, alone=True)
        except StoppedError as error:
            stopped.append(error)

    waiting = threading.Thread(target=second)
    waiting.start()
    pressed.set()
    until(lambda: bool(limiter._change._waiters))  # type: ignore[attr-defined]
    slow.end.release()
    waiting.join()
    until(lambda: slow.ended == 1)
    assert len(stopped) == 1


def test_reads_run_together_before_any_limit() -> None:
    """None waits for another."""
    slow = Slow(Host().limiter, alone=False)
    slow.begin(8)
    until(lambda: slow.running == 8)
    slow.end.release(8)
    until(lambda: slow.ended == 8)


def test_a_request_without_an_answer_keeps_no_other_one_waiting() -> None:
    """For no longer than a turn lasts."""
    host = Host()
    slow = Slow(host.limiter, alone=True)
    slow.begin(1)
    until(lambda: slow.running == 1)
    host.time += TURN
    slow.begin(1)
    until(lambda: slow.running == 2)
    slow.end.release(2)
    until(lambda: slow.ended == 2)


def test_those_on_their_way_meet_the_same_limit() -> None:
    """A request that was sent before the limit was met does not prolong it."""
    host = Host(patience=0.0)
    refused = list[TooEarlyError]()

    def meet() -> str:
        refused.append(too_early(lambda: host.limiter.send(outer)))
        raise Early(500.0)

    def outer() -> str:
        raise Early(10.0)

    host.time += 1.0
    sent_before = host.time
    error = too_early(lambda: host.limiter.send(lambda: later(host, meet)))
    assert host.time > sent_before
    assert [one.seconds for one in refused] == [10.0]
    assert error.seconds == 10.0


def later(host: Host, ask: Callable[[], str]) -> str:
    """Ask a little later."""
    host.time += 0.125
    return ask()
