"""What GitHub's answers mean as errors, and whether it helps to ask again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus

from multigit.adapters.http.documents import mapping
from multigit.adapters.http.request import Reply, WebError
from multigit.core.values.health_check import excerpt
from multigit.errors import MultigitError

RIGHTS_HINT = (
    "Make a token that may read and write Actions and read Contents, Environments, Checks and"
    " commit statuses of this repository (a classic one: scope repo), and put it into"
    " MULTIGIT_TOKEN."
)
_UNCLEAR_HINT = "Look at GitHub's page before you ask for it again."
NO_JSON = "github_no_json"
_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: for one request, and the longest pause that GitHub may ask for."""

    request: float = 15.0
    limit: float = 60.0


PATIENT = Timeouts()


class GithubError(MultigitError):
    """GitHub did not do what it was asked; `status` is that of its answer, 0 without one.

    It may be asked again after `pause` seconds; None where that does not help, or is not safe.
    """

    code = "github_refused"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        status: int = 0,
        pause: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status
        self.pause = pause


class UnclearError(GithubError):
    """Nobody knows whether GitHub did what it was asked."""

    code = "github_unclear"


class AnswerError(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def said(reply: Reply) -> str:
    """Return GitHub's own message, harmless, short, and without its full stop."""
    message = mapping(reply.document()).get("message")
    return excerpt(message).rstrip(".") if isinstance(message, str) and message else ""


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


@dataclass(frozen=True, slots=True)
class Question:
    """What a host was asked for, or to begin, and what it means when it failed.

    A pause that GitHub asks for may take `longest` seconds.
    """

    what: str
    host: str
    longest: float

    def not_read(self, failure: Exception) -> GithubError:
        """Return the error of a read."""
        match failure:
            case WebError(sent=False):
                return GithubError(
                    f"GitHub cannot be reached: {failure.reason}.",
                    hint="Check the network, any proxy, and api_url in the [github] section.",
                    code="github_unreachable",
                    pause=0.0,
                )
            case WebError():
                message = f"GitHub's answer did not arrive: {failure.reason}."
                return UnclearError(message, hint="Try again.", pause=0.0)
            case AnswerError(reply=reply) if not reply.good:
                return self._refusal(reply)
            case AnswerError(reply=reply) if reply.status == HTTPStatus.ACCEPTED:
                return UnclearError(f"GitHub has no answer yet for {self.what}.", hint="Try again.")
            case _:
                return self.no_json()

    def not_written(self, failure: Exception) -> GithubError:
        """Return the error of a write, which may have been carried out.

        It may be sent again only where GitHub says that it was too early, and did nothing.
        """
        error = self.not_read(failure)
        match failure:
            case WebError(sent=sent):
                in_doubt = sent
            case AnswerError(reply=reply):
                timed_out = reply.status == HTTPStatus.REQUEST_TIMEOUT
                in_doubt = timed_out or not (reply.moved or reply.refused)
            case _:
                in_doubt = True
        if in_doubt:
            return UnclearError(error.message, hint=_UNCLEAR_HINT, status=error.status)
        error.pause = error.pause if error.code == _LIMITED else None
        return error

    def no_json(self) -> GithubError:
        """Return the error of an answer that cannot be read."""
        return GithubError(
            f"{self.host} answers with something that is no JSON for {self.what}.",
            hint="Check api_url in the [github] section, and any proxy that wants a log-in.",
            code=NO_JSON,
        )

    def _refusal(self, reply: Reply) -> GithubError:
        if _limited(reply):
            return self._too_early(reply)
        what, words = self.what, f": {said(reply)}" if said(reply) else ""
        match reply.status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                message = f"GitHub refuses the token for {what}{words}."
                refused = partial(GithubError, message, hint=RIGHTS_HINT, code="token_refused")
            case HTTPStatus.NOT_FOUND:
                message = f"{what} was not found, or the token may not see it."
                hint = "Check the name, and what the token may do."
                refused = partial(GithubError, message, hint=hint, code="github_missing")
            case _ if reply.moved:
                hint = 'Point the remote at its new place, or write github = "owner/name".'
                message = f"{what} has moved."
                refused = partial(GithubError, message, hint=hint, code="github_moved")
            case status if reply.refused:
                message = f"GitHub refuses {what}{words or f' with {status}'}."
                refused = partial(GithubError, message)
            case status:
                message = f"GitHub answers {status} for {what}."
                hint = "Try again; if it stays so, look at GitHub's status page."
                refused = partial(GithubError, message, hint=hint, code="github_unavailable")
        return refused(status=reply.status, pause=None if reply.moved or reply.refused else 0.0)

    def _too_early(self, reply: Reply) -> GithubError:
        seconds = pause_asked(reply.headers, time.time())
        later = f"in {seconds:.0f} seconds" if seconds else "in a few minutes"
        return GithubError(
            "GitHub's limit of requests is reached.",
            hint=f"Try again {later}; a pause between starts or fewer at a time keeps below it.",
            code=_LIMITED,
            status=reply.status,
            pause=seconds if 0 < seconds <= self.longest else None,
        )


def _limited(reply: Reply) -> bool:
    """Tell whether a refusal only says that it is too early."""
    used_up = reply.headers.get("x-ratelimit-remaining", "").strip() == "0"
    told = "retry-after" in reply.headers or used_up
    too_many = reply.status == HTTPStatus.TOO_MANY_REQUESTS
    return too_many or (reply.status == HTTPStatus.FORBIDDEN and told)
