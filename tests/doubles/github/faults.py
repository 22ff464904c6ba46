"""Faults to inject: what goes wrong with a request, and on which side of its effect."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from tests.doubles.loopback import Answer, Silence, json_answer


@dataclass(frozen=True, slots=True)
class Fault:
    """With `effect` the request is carried out first; if `reaction` is None its answer is kept."""

    effect: bool
    reaction: Answer | Silence | None = None
    drip: float = 0.0

    def spoil(self, answer: Answer) -> Answer | Silence:
        """What the client receives instead of an answer."""
        return replace(answer, drip=self.drip) if self.reaction is None else self.reaction


def error(
    status: int,
    message: str = "",
    *headers: tuple[str, str],
    effect: bool = False,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Fault:
    """An error in the basic-error shape, with `more` in its document."""
    text = message or f"Injected {status}"
    body = {"message": text, "documentation_url": "https://example.org", **more}
    return Fault(effect, json_answer(status, body, *headers))


def effect_then(status: int = 502) -> Fault:
    """The request is carried out; the answer is an error."""
    return error(status, "Server Error", effect=True)


def not_found() -> Fault:
    """404, GitHub's answer for anything that a token cannot see."""
    return error(404, "Not Found")


def forbidden(*headers: tuple[str, str]) -> Fault:
    """403, GitHub's answer to a token without the scope."""
    return error(403, "Resource not accessible by personal access token", *headers)


def dropped(*, effect: bool) -> Fault:
    """The connection is cut before or after the request was carried out."""
    return Fault(effect, Silence.HANG_UP)


def silent(*, effect: bool = False) -> Fault:
    """The request is accepted and never answered."""
    return Fault(effect, Silence.NEVER)


def no_json(*, effect: bool = True) -> Fault:
    """200 with an HTML page, like the login page of a proxy."""
    page = b"<html><body>Please log in</body></html>"
    return Fault(effect, Answer(200, page, (("Content-Type", "text/html"),)))


def dripping(pause: float = 0.05) -> Fault:
    """The right answer, with a pause before each byte."""
    return Fault(effect=True, drip=pause)


def primary_limit(reset: int, *, status: int = 403) -> Fault:
    """The hour's requests are used up until `reset`, in seconds since the epoch."""
    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(reset)))
    return error(status, "API rate limit exceeded for user ID 1.", *headers)


def secondary_limit(retry_after: int = 1, *, status: int = 403) -> Fault:
    """Too many requests at once; `retry_after` in seconds."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    return error(status, message, ("Retry-After", str(retry_after)))


@dataclass(slots=True)
class Limit:
    """A secondary limit: after `most` requests for an operation, it refuses for so many seconds.

    They begin with the first request that is refused. `refused` counts by such times.
    """

    operation: str
    most: int
    seconds: float
    refused: list[int] = field(default_factory=list)
    _used: int = 0
    _until: float = math.inf

    def take(self, operation: str) -> Fault | None:
        """Return why a request is refused, and count it."""
        if not fnmatchcase(operation, self.operation):
            return None
        now = time.monotonic()
        if now >= self._until:
            self._used, self._until = 0, math.inf
        self._used += 1
        if self._used <= self.most:
            return None
        if self._until == math.inf:
            self._until = now + self.seconds
            self.refused.append(0)
        self.refused[-1] += 1
        return secondary_limit(math.ceil(self._until - now))


@dataclass(slots=True)
class _Injected:
    fault: Fault
    repo: str
    operation: str
    times: int | None
    after: int

    def fits(self, operation: str, repo: str) -> bool:
        return (
            self.times != 0
            and fnmatchcase(repo, self.repo)
            and fnmatchcase(operation, self.operation)
        )


class Faults:
    """The next faults, in the order in which they were injected."""

    def __init__(self) -> None:
        self._injected: list[_Injected] = []

    def add(self, fault: Fault, repo: str, operation: str, times: int | None, after: int) -> None:
        """Let the next `times` matching requests fail, after letting `after` pass; None: all."""
        self._injected.append(_Injected(fault, repo, operation, times, after))

    def take(self, operation: str, repo: str) -> Fault | None:
        """Return the fault of a request, and count it."""
        for one in [one for one in self._injected if one.fits(operation, repo)]:
            if one.after:
                one.after -= 1
                continue
            if one.times is not None:
                one.times -= 1
            return one.fault
        return None

    def clear(self) -> None:
        """Forget all faults."""
        self._injected.clear()
