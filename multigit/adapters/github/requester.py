"""PyGithub's objects over our own requests, each of which is sent once.

Only `client` imports this, at the first request: importing PyGithub takes 190 ms.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar

from github import Auth
from github.GithubException import BadAttributeException
from github.Repository import Repository
from github.Requester import Requester

from multigit.adapters.github.answers import AnswerError, pause_asked, server_time
from multigit.adapters.http.body import MB
from multigit.adapters.http.documents import mapping, text
from multigit.adapters.http.limiter import Early
from multigit.adapters.http.request import AGENT, Reply, WebError, new_session, request

API_VERSION = "2022-11-28"
LARGEST = 32 * MB  # bytes of an answer; that of a hundred runs has two million


class OneRequester(Requester):
    """Sends the requests of PyGithub's objects once, to the configured API, from any thread.

    PyGithub itself repeats what failed, follows redirects, even with a POST, and keeps asking while
    the answer is 202. All of that is behind the one method that is replaced here.
    """

    # Raised without an answer, for a bad one, and by PyGithub for an unexpected one.
    FAILURES: ClassVar[tuple[type[Exception], ...]] = (
        WebError,
        AnswerError,
        AssertionError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        BadAttributeException,
    )

    def __init__(self, api: str, token: str, timeout: float) -> None:
        """`timeout` is in seconds, for a whole request."""
        super().__init__(
            auth=Auth.Token(token),
            base_url=api,
            timeout=1,  # unused, like all that only PyGithub's own requests need
            user_agent=AGENT,
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            lazy=True,  # an object requests nothing until it has to
            api_version=API_VERSION,
        )
        self.ahead = 0.0  # seconds by which the host's clock is ahead of ours
        self._seconds = timeout
        self._token = token
        self._session = new_session()

    def repo(self, slug: str) -> Repository:
        """Return a repository that knows its address, and reads the rest when it is needed."""
        return Repository(self, url=f"/repos/{slug}")

    def requestJson(  # noqa: N802  (PyGithub's name for it)
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        input: Any | None = None,  # noqa: A002
        cnx: object = None,  # noqa: ARG002
        follow_302_redirect: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> tuple[int, dict[str, Any], str]:
        """Send a request of one of PyGithub's objects; raises as `send` does."""
        reply = self.send(verb, url, parameters, headers, input)
        return reply.status, dict(reply.headers), reply.text

    def send(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        """Return a good answer, or 304 if nothing changed since the ETag in `headers`.

        A write uses a new connection. Raises WebError without an answer, Early if it came too early
        for a limit, AnswerError for any other answer, ValueError for an address that is not below
        the API's.
        """
        if not path.startswith("/"):
            raise ValueError(path)
        sent = {**(headers or {}), "Accept-Encoding": "gzip", "X-GitHub-Api-Version": API_VERSION}
        if self.auth:
            self.auth.authentication(sent)
        if body is not None:
            sent["Content-Type"] = "application/json"
        reply = request(
            verb,
            self.base_url + self.add_parameters_to_url(path, dict(parameters or {})),
            timeout=self._seconds,
            headers=sent,
            body=None if body is None else json.dumps(body),
            limit=LARGEST,
            session=self._session if verb == "GET" else None,
        )
        if (time_there := server_time(reply.headers)) is not None:
            self.ahead = time_there - time.time()
        shown = reply.text.replace(self._token, "***")  # a proxy may quote the request
        return self._checked(replace(reply, text=shown), verb)

    def _checked(self, reply: Reply, verb: str) -> Reply:
        message = text(mapping(reply.document()).get("message"))
        pause = pause_asked(reply.headers, time.time() + self.ahead)
        limited = reply.status == HTTPStatus.FORBIDDEN and (pause or self.isRateLimitError(message))
        if limited or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Early(pause)
        later = verb == "GET" and reply.status == HTTPStatus.ACCEPTED
        unread = reply.fault or (reply.text and reply.document() is None)
        bad = later or not reply.good or unread
        if bad and reply.status != HTTPStatus.NOT_MODIFIED:
            raise AnswerError(reply)
        return reply


def _no_connection(*_: Any, **__: Any) -> Any:
    """Replace PyGithub's own connections, so that no version of it sends anything."""
    raise AssertionError("PyGithub must not send anything itself.")


connection: Any = _no_connection
OneRequester.injectConnectionClasses(connection, connection)
