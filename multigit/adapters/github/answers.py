"""What GitHub answers, as values, and what its refusals mean as errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from multigit.core.values.health_check import excerpt
from multigit.core.values.text import visible
from multigit.errors import MultigitError

OK, REDIRECT, REFUSAL, BROKEN = 200, 300, 400, 500  # where the kinds of statuses begin
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, MISSING = 400, 401, 403, 404
REQUEST_TIMEOUT, UNPROCESSABLE, TOO_MANY, UNCHANGED = 408, 422, 429, 304
RIGHTS_HINT = (
    "Make a token that may read and write Actions and read Contents, Environments, Checks and"
    " commit statuses of this repository (a classic one: scope repo), and put it into"
    " MULTIGIT_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two bytes, for a whole request, and to wait for a limit."""

    connect: float = 10.0
    read: float = 15.0
    whole: float = 200.0
    limit: float = 60.0


PATIENT = Timeouts()


class GithubError(MultigitError):
    """GitHub did not do what it was asked; `status` is that of its answer, 0 without one."""

    code = "github_refused"

    def __init__(self, message: str, *, hint: str = "", code: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status


class UnclearError(GithubError):
    """Nobody knows whether GitHub did what it was asked."""

    code = "github_unclear"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers by lower-case name, and its JSON.

    `readable` is False where something came that is no JSON.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    value: Any = None
    readable: bool = True

    @property
    def good(self) -> bool:
        """True when GitHub did it."""
        return OK <= self.status < REDIRECT

    @property
    def said(self) -> str:
        """Return GitHub's own message, harmless, short, and without its full stop."""
        message = mapping(self.value).get("message")
        return excerpt(message).rstrip(".") if isinstance(message, str) and message else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a JSON list; anything else counts as an empty one."""
    return tuple(map(mapping, value)) if isinstance(value, list) else ()


def text(value: Any) -> str:
    """Return a text from outside, made harmless; anything else counts as empty."""
    return visible(value) if isinstance(value, str) else ""


def number(value: Any) -> int:
    """Return a whole number; anything else counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case."""
    return {name.lower(): value for name, value in headers}


def pause_asked(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that GitHub asks to wait, 0 where it asks for none.

    `headers` by lower-case name. See docs.github.com, "Best practices for using the REST API".
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() == "0" and reset.isdecimal():
        return max(0.0, int(reset) - now) + 1
    return 0.0


def moment(headers: Mapping[str, str]) -> float | None:
    """Return the Unix time at which an answer was given by the host's clock."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return None


def limited(reply: Reply) -> bool:
    """Tell whether a refusal only says that it is too early."""
    told = {"retry-after"} & reply.headers.keys()
    used_up = reply.headers.get("x-ratelimit-remaining", "").strip() == "0"
    return reply.status == TOO_MANY or (reply.status == FORBIDDEN and (bool(told) or used_up))


def refusal(reply: Reply, what: str, now: float) -> GithubError:
    """Return the error of an answer that is not good; `what` was asked for, or asked to begin."""
    status, said = reply.status, f": {reply.said}" if reply.said else ""
    if limited(reply):
        seconds = pause_asked(reply.headers, now)
        later = f"in {seconds:.0f} seconds" if seconds else "in a few minutes"
        return GithubError(
            "GitHub's limit of requests is reached.",
            hint=f"Try again {later}; a pause between starts or fewer at a time keeps below it.",
            code="rate_limited",
            status=status,
        )
    if status in {UNAUTHORIZED, FORBIDDEN}:
        message = f"GitHub refuses the token for {what}{said}."
        return GithubError(message, hint=RIGHTS_HINT, code="token_refused", status=status)
    if status == MISSING:
        return GithubError(
            f"{what} was not found, or the token may not see it.",
            hint="Check the name, and what the token may do.",
            code="github_missing",
            status=status,
        )
    if REDIRECT <= status < REFUSAL:
        return GithubError(
            f"{what} has moved.",
            hint='Point the remote at its new place, or write github = "owner/name".',
            code="github_moved",
            status=status,
        )
    if status >= BROKEN:
        return GithubError(
            f"GitHub answers {status} for {what}.",
            hint="Try again; if it stays so, look at GitHub's status page.",
            code="github_unavailable",
            status=status,
        )
    return GithubError(f"GitHub refuses {what}{said or f' with {status}'}.", status=status)


def no_json(what: str, host: str) -> GithubError:
    """Return the error of an answer that cannot be read."""
    return GithubError(
        f"{host} answers with something that is no JSON for {what}.",
        hint="Check api_url in the [github] section, and any proxy that wants a log-in.",
        code="github_no_json",
    )
