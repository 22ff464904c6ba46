"""PyGithub over our own door to the web: its objects, and each of their requests sent once.

Only `client` imports this, when the first request is made: PyGithub takes 190 ms to import.
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

from multigit.adapters.github.answers import AnswerError, moment, pause_asked
from multigit.adapters.http.documents import mapping, text
from multigit.adapters.http.request import AGENT, Reply, WebError, keeping, request

API_VERSION = "2022-11-28"
LARGEST = 32 * 1024 * 1024  # bytes of an answer: a hundred runs take two million
A_MINUTE = "60"  # what GitHub's guide says to wait where a limit names no time


class OneRequester(Requester):
    """Sends what PyGithub's objects ask for: one request, to the configured API, from any thread.

    PyGithub's own way to send repeats what failed, follows redirects, also with a POST, and asks on
    while the answer is 202. All of it lies behind the one method that is replaced here.
    """

    # What is raised without an answer, by another one, and by PyGithub where one is odd.
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
            timeout=1,  # not used, as all that PyGithub's own sending would need
            user_agent=AGENT,
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            lazy=True,  # an object asks for nothing until it has to
            api_version=API_VERSION,
        )
        self.ahead = 0.0  # seconds that the host's clock is before ours
        self._seconds = timeout
        self._session = keeping()

    def repo(self, slug: str) -> Repository:
        """Return a repository that knows its address, and asks for the rest when it is needed."""
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
        """Return a good answer, or that nothing changed since the ETag in `headers`.

        A write has a connection of its own. Raises WebError without an answer, AnswerError for any
        other answer, ValueError for an address that is not below the API's.
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
        if (then := moment(reply.headers)) is not None:
            self.ahead = then - time.time()
        return self._checked(reply, verb)

    def _checked(self, reply: Reply, verb: str) -> Reply:
        message = text(mapping(reply.document()).get("message"))
        limited = reply.status == HTTPStatus.FORBIDDEN and self.isRateLimitError(message)
        early = limited or reply.status == HTTPStatus.TOO_MANY_REQUESTS
        if early and not pause_asked(reply.headers, time.time()):
            reply = replace(reply, headers={**reply.headers, "retry-after": A_MINUTE})
        later = verb == "GET" and reply.status == HTTPStatus.ACCEPTED
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return reply
        if later or not reply.good or (reply.text and reply.document() is None):
            raise AnswerError(reply)
        return reply


def _no_connection(*_: Any, **__: Any) -> Any:
    """Be what PyGithub has to send with by itself: nothing, whatever its next version tries."""
    raise AssertionError("PyGithub sends nothing by itself.")


connection: Any = _no_connection
OneRequester.injectConnectionClasses(connection, connection)
