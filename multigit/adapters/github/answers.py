"""What GitHub's answers mean as errors, and whether asking again can help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from multigit.adapters.github.refusals import RIGHTS_HINT, what_to_do, words
from multigit.adapters.http.limiter import retry_after
from multigit.adapters.http.request import Reply, WebError
from multigit.errors import MultigitError

API_HINT = "Check api_url in the [github] section, and any proxy that requires a login."
NAME_HINT = "Check the name, and what the token may do."
NO_JSON = "github_no_json"


class GithubError(MultigitError):
    """GitHub did not do what it was asked to; `status` is that of its answer, 0 without one.

    The request may be repeated if it is `passing`: that can help, and is safe.
    """

    code = "github_refused"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        status: int = 0,
        passing: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status
        self.passing = passing


class UnclearError(GithubError):
    """It is unknown whether GitHub did what it was asked to."""

    code = "github_unclear"


class AnswerError(Exception):
    """An answer that is not the expected one."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def pause_asked(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that GitHub asks to wait, 0 if it does not ask.

    `headers` are by lower-case name. See docs.github.com, "Best practices for using the REST API".
    """
    if after := retry_after(headers, now):
        return after
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() == "0" and reset.isdecimal():
        return max(0.0, float(reset) - now) + 1
    return 0.0


def server_time(headers: Mapping[str, str]) -> float | None:
    """Return the Unix time of an answer by the host's clock, None if it has no date."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Question:
    """What a host was asked for, and what a failure of it means."""

    what: str
    host: str

    def not_read(self, failure: Exception) -> GithubError:
        """Return the error for a read."""
        match failure:
            case WebError(sent=False):
                message = f"GitHub cannot be reached: {failure.reason}."
                hint = "Check the network, any proxy, and api_url in the [github] section."
                return GithubError(message, hint=hint, code="github_unreachable", passing=True)
            case WebError():
                message = f"GitHub did not answer: {failure.reason}."
                return UnclearError(message, hint="Try again.", passing=True)
            case AnswerError(reply=reply) if not reply.good:
                return self._refusal(reply)
            case AnswerError(reply=reply) if reply.status == HTTPStatus.ACCEPTED:
                return UnclearError(f"GitHub has no answer yet for {self.what}.", hint="Try again.")
            case AnswerError(reply=reply) if reply.fault:
                message = f"GitHub's answer for {self.what} is {reply.fault}."
                return GithubError(message, hint=API_HINT, code="github_unreadable")
            case _:
                return self.no_json()

    def not_written(self, failure: Exception) -> GithubError:
        """Return the error for a write, which may have been carried out: it is not repeated."""
        error = self.not_read(failure)
        match failure:
            case WebError(sent=sent):
                unclear = sent
            case AnswerError(reply=reply):
                timed_out = reply.status == HTTPStatus.REQUEST_TIMEOUT
                unclear = timed_out or not (reply.moved or reply.refused)
            case _:
                unclear = True
        if unclear:
            hint = "Check on GitHub whether it happened before you try again."
            return UnclearError(error.message, hint=hint, status=error.status)
        error.passing = False
        return error

    def no_json(self) -> GithubError:
        """Return the error for an answer that cannot be read."""
        message = f"{self.host} did not answer with JSON for {self.what}."
        return GithubError(message, hint=API_HINT, code=NO_JSON)

    def _refusal(self, reply: Reply) -> GithubError:
        what, said = self.what, f": {text}" if (text := words(reply)) else ""
        hint, code, passing = "", "", False
        match reply.status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                message = f"GitHub refuses the token for {what}{said}."
                hint, code = what_to_do(reply, self.host) or RIGHTS_HINT, "token_refused"
            case HTTPStatus.NOT_FOUND:
                message = f"{what} was not found, or the token cannot see it."
                hint, code = what_to_do(reply, self.host) or NAME_HINT, "github_missing"
            case _ if reply.moved:
                message, code = f"{what} has moved.", "github_moved"
                hint = 'Point the remote to its new address, or set github = "owner/name".'
            case status if reply.refused:
                message = f"GitHub refuses {what}{said or f' with {status}'}."
            case status:
                message, code = f"GitHub answers {status} for {what}.", "github_unavailable"
                hint, passing = "Try again; if that does not help, see GitHub's status page.", True
        return GithubError(message, hint=hint, code=code, status=reply.status, passing=passing)
