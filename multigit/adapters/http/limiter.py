"""The limits of one host: no request is sent while it asks to wait, and then one goes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from multigit.errors import TooEarlyError

TURN = 2.0  # seconds after which a request without an answer no longer keeps the next one waiting
UNNAMED, LONGEST_UNNAMED = 60.0, 960.0  # seconds to wait for a limit that names no time
LONGEST = 30 * 86_400.0  # seconds that a host may name
LONGEST_WAIT = 60.0  # seconds that one read may wait in all

T = TypeVar("T")


class Early(Exception):  # noqa: N818  (it never leaves the limiter)
    """A host refused a request only because of a limit; it names the time to wait, or 0.0."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class _ClosedError(TooEarlyError):
    """No request may be sent before `opens`, on the limiter's clock."""

    def __init__(self, message: str, *, hint: str, seconds: float, opens: float) -> None:
        super().__init__(message, hint=hint, seconds=seconds)
        self.opens = opens


@dataclass(frozen=True, slots=True)
class _Turn:
    """A request on its way: when it was sent, and whether it has to be the only one."""

    sent: float
    alone: bool
    waited: bool


class Limiter:
    """Lets requests to one host through, from any thread.

    While the host asks to wait, none passes. What it refused for a limit once could be refused for
    all that wait, so from then on requests go one after the other: one finds out whether the time
    is over, and a limit costs one refusal.

    `wait` waits that many seconds, or raises to stop; `patience` is how long one request may wait
    in all, in seconds; `notify` gets a sentence when the waiting begins, and nothing when the last
    request stops waiting.
    """

    def __init__(
        self,
        host: str,
        *,
        wait: Callable[[float], None] = time.sleep,
        patience: float = LONGEST_WAIT,
        notify: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._wait = wait
        self._patience = patience
        self._notify = notify
        self._clock = clock
        self._change = threading.Condition()
        self._alone: _Turn | None = None
        self._limited = False  # whether the host ever refused a request for a limit
        self._closed = self._opens = clock()
        self._waiting = 0  # requests that wait until it opens
        self._unnamed = 0  # limits in a row that named no time
        self._text = ""

    def send(self, ask: Callable[[], T], *, alone: bool = False) -> T:
        """Return what `ask` returns; it sends one request, `alone` if no other one may run.

        Raises TooEarlyError if the host asks to wait for longer than the patience lasts.
        """
        patience = self._patience
        while True:
            try:
                return self._once(ask, alone=alone)
            except _ClosedError as error:
                early = error
            patience -= early.seconds
            if patience < 0:
                raise early
            self._wait_for(early)

    def _wait_for(self, early: _ClosedError) -> None:
        with self._change:
            self._waiting += 1
        self._notify(early.message)
        try:
            self._wait(early.seconds)
        finally:
            with self._change:
                self._waiting -= 1
                last = not self._waiting
            if last:
                self._notify("")
        with self._change:
            if self._opens == early.opens:  # else another request was refused since
                self._opens = self._clock()

    def _once(self, ask: Callable[[], T], *, alone: bool) -> T:
        turn = self._enter(alone=alone)
        try:
            if turn.waited and alone:
                self._wait(0.0)  # it may have been stopped meanwhile
            answer = ask()
        except Early as early:
            self._close(early.seconds, turn)
        else:
            self._accepted(turn)
            return answer
        finally:
            self._leave(turn)
        raise self._early()

    def _enter(self, *, alone: bool) -> _Turn:
        """Wait for a turn; raises TooEarlyError if the host asks to wait."""
        waited = False
        with self._change:
            while (seconds := self._ahead(alone=alone)) > 0:
                waited = True
                self._change.wait(seconds)
            if self._opens > self._clock():
                raise self._early()
            turn = _Turn(self._clock(), alone or self._limited, waited)
            if turn.alone:
                self._alone = turn
        return turn

    def _ahead(self, *, alone: bool) -> float:
        """Return for how many seconds at most a request has to wait for the one before it."""
        if not self._alone or not (alone or self._limited) or self._opens > self._clock():
            return 0.0
        return self._alone.sent + TURN - self._clock()

    def _leave(self, turn: _Turn) -> None:
        with self._change:
            if self._alone is turn:
                self._alone = None
            self._change.notify_all()

    def _close(self, seconds: float, turn: _Turn) -> None:
        """Let nothing pass for a while; what was sent before the last time met the same limit."""
        with self._change:
            now = self._clock()
            if self._limited and turn.sent < self._closed:
                return
            if not seconds:
                seconds = min(UNNAMED * 2**self._unnamed, LONGEST_UNNAMED)
                self._unnamed += 1
            seconds = min(seconds, LONGEST)
            self._limited, self._closed, self._opens = True, now, now + seconds
            self._text = f"{self._host} asks to wait until {_clock_time(seconds)} (rate limit)."

    def _accepted(self, turn: _Turn) -> None:
        with self._change:
            if turn.sent >= self._closed:
                self._unnamed = 0

    def _early(self) -> _ClosedError:
        hint = "Try again then; to avoid it, start fewer at a time, or pause between starts."
        with self._change:
            text, opens = self._text, self._opens
        return _ClosedError(text, hint=hint, seconds=max(0.0, opens - self._clock()), opens=opens)


def _clock_time(seconds: float) -> str:
    """Return the time so many seconds from now, with the date if that is not today's."""
    now = time.time()
    then, today = (datetime.fromtimestamp(at, UTC) for at in (now + seconds, now))
    return f"{then:%H:%M:%S} UTC" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M} UTC"


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that an answer's Retry-After asks to wait, 0 if it does not ask.

    It is a number of seconds or a date (RFC 9110, section 10.2.3). `headers` are by lower-case
    name, `now` is the Unix time.
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
