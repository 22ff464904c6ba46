"""PyGithub as multigit uses it: reads are repeated, writes never, and no redirect is followed.

Only `github_door` imports this, when the first request is made: PyGithub takes 190 ms to import.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import github
import requests
from github.GithubException import RateLimitExceededExceedsMaxWait, RateLimitExceededException
from github.GithubRetry import GithubRetry
from github.Requester import HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import Retry

from multigit.adapters.github.answers import (
    TOO_MANY,
    GithubError,
    Reply,
    Timeouts,
    UnclearError,
    lowered,
    pause_asked,
)

API_VERSION = "2022-11-28"
USER_AGENT = "multigit"
AGAIN = 2  # times that a read is repeated
BACKOFF = 0.5  # seconds, doubled each time
POOL = 64  # connections that are kept


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one API with one token. `wait` waits some seconds."""

    api: str
    token: str = field(repr=False)
    wait: Callable[[float], None]
    timeouts: Timeouts
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        patience = Patience(
            wait=self.wait,
            max_rate_limit_wait=self.timeouts.limit,
            total=AGAIN,
            allowed_methods={"GET", "HEAD"},
            status_forcelist=[*range(500, 600), TOO_MANY],
            backoff_factor=BACKOFF,
            raise_on_status=False,
        )
        _prepare(self.session, patience)

    def read(self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Ask for something, again where the network or GitHub is not up to it."""
        return self._send("GET", path, dict(parameters), dict(headers), None, self.session)

    def write(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Ask to do something, once, over a connection of its own that cannot have gone stale.

        Raises UnclearError when the request may have arrived and no answer did.
        """
        with requests.Session() as session:
            _prepare(session, None)
            return self._send("POST", path, {}, {}, dict(body), session)

    def _send(
        self,
        verb: str,
        path: str,
        parameters: dict[str, str],
        headers: dict[str, str],
        body: dict[str, Any] | None,
        session: requests.Session,
    ) -> Reply:
        connection = _Connection(session, self.api, self.timeouts)
        try:
            status, back, output = self._requester().requestJson(
                verb, path, parameters, headers, body, connection
            )
        except github.GithubException as error:
            return _refused(error)
        except (requests.RequestException, HTTPError, OSError, RuntimeError) as error:
            lost = _lost(error)
        else:
            return _reply(status, lowered(back.items()), output)
        raise lost  # out here, where it cannot carry the request, and so the token, as its context

    def _requester(self) -> Requester:
        """Return a requester for one request; it is not made for use from several threads."""
        return github.Github(
            base_url=self.api,
            auth=github.Auth.Token(self.token),
            user_agent=USER_AGENT,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=API_VERSION,
        ).requester


class Patience(GithubRetry):
    """Repeats reads; honours what GitHub asks to wait, unless that is longer than the limit."""

    def __init__(self, *, wait: Callable[[float], None], **settings: Any) -> None:
        super().__init__(**settings)
        self._wait = wait
        self._asked = 0.0

    def new(self, **changes: Any) -> Self:
        """Return the same patience after one more try."""
        return super().new(**changes, wait=self._wait)

    def increment(  # type: ignore[override]  # as PyGithub does it
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Retry:
        """Return what is left after a failed try; raises what ended it when nothing is."""
        asked = 0.0
        if response is not None:
            headers = lowered(response.headers.items())
            asked = pause_asked(headers, time.time())
            if asked > (self.max_rate_limit_wait or 0):
                raise RateLimitExceededExceedsMaxWait(response.status, None, headers, wait=asked)
        left = super().increment(method, url, response, error, _pool, _stacktrace)  # type: ignore[arg-type]
        if isinstance(left, Patience):
            left._asked = asked  # noqa: SLF001  (one of our own)
        return left

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:  # noqa: ARG002
        """Wait before the next try."""
        if seconds := max(self._asked, self.get_backoff_time()):
            self._wait(seconds)


class _Connection(HTTPSRequestsConnectionClass):
    """Sends one request over a session of ours; a redirect is an answer like any other."""

    def __init__(self, session: requests.Session, api: str, timeouts: Timeouts) -> None:
        scheme, _, rest = api.partition("://")
        self.session = session
        self.address = f"{scheme}://{rest.partition('/')[0]}"
        self.timeouts = timeouts
        self.sent = False

    def getresponse(self) -> RequestsResponse:
        """Send the request and return its answer."""
        if self.sent:  # PyGithub would go on asking as long as the answer is 202
            raise requests.TooManyRedirects
        self.sent = True
        answer = self.session.request(
            self.verb,
            f"{self.address}{self.url}",
            headers=self.headers,
            data=self.input,
            timeout=(self.timeouts.connect, self.timeouts.read),
            allow_redirects=False,
        )
        answer.encoding = "utf-8"
        answer.headers.pop("Location", None)  # PyGithub would follow a 301, also with a POST
        return RequestsResponse(answer)


def _prepare(session: requests.Session, retry: Retry | None) -> None:
    session.auth = Requester.noopAuth  # or a ~/.netrc would replace the token
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=POOL, max_retries=retry or 0))


def _reply(status: int, headers: Mapping[str, str], output: str) -> Reply:
    if not output:
        return Reply(status, headers)
    try:
        return Reply(status, headers, json.loads(output))
    except (ValueError, RecursionError):
        return Reply(status, headers, readable=False)


def _refused(error: github.GithubException) -> Reply:
    """Return the answer with which PyGithub's own patience ended."""
    headers = lowered((error.headers or {}).items())
    if isinstance(error, RateLimitExceededException):
        headers.setdefault("retry-after", "0")
    return Reply(error.status, headers, error.data)


def _lost(error: Exception) -> GithubError:
    """Return the error without what PyGithub and requests know of the request: the token."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never_sent = isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError))
    if never_sent or isinstance(reason, NewConnectionError):
        return GithubError(
            "GitHub cannot be reached.",
            hint="Check the network, any proxy, and api_url in the [github] section.",
            code="github_unreachable",
        )
    if isinstance(error, requests.exceptions.SSLError):
        return UnclearError(
            "no safe connection to GitHub can be made.",
            hint="Check its certificate; for your own authority set REQUESTS_CA_BUNDLE.",
            code="github_unreachable",
        )
    if isinstance(error, requests.Timeout):
        return UnclearError("GitHub did not answer in time.", hint="Try again.")
    return UnclearError("the connection to GitHub broke off.", hint="Try again.")
