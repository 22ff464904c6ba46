"""Requests to GitHub: reads that say what is wrong, and writes that are sent once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from multigit.adapters.github.answers import GithubError, Question
from multigit.adapters.github.slug import api_address, web_host
from multigit.adapters.github.token import checked_token
from multigit.adapters.http.documents import Document, mapping, mappings, number
from multigit.adapters.http.limiter import LONGEST_WAIT, Limiter
from multigit.adapters.http.request import Reply
from multigit.retry import Retry

if TYPE_CHECKING:
    from github.GithubObject import CompletableGithubObject
    from github.Repository import Repository

    from multigit.adapters.github.requester import OneRequester

PAGE = 100  # the most that GitHub gives at once
PAGES = 10
TOO_MANY = "github_too_many"
TIMEOUT = 15.0  # seconds for one request

T = TypeVar("T")
Thing = TypeVar("Thing", bound="CompletableGithubObject")


class GithubClient:
    """A client of GitHub's REST API, for any thread.

    `token` is called at the first request. `timeout` is in seconds, for one request. `wait`,
    `patience` and `notify` are those of its `Limiter`.
    """

    def __init__(
        self,
        *,
        api_url: str,
        token: Callable[[], str],
        wait: Callable[[float], None] = time.sleep,
        timeout: float = TIMEOUT,
        patience: float = LONGEST_WAIT,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.api = api_address(api_url)
        self.host = web_host(self.api)
        self.wait = wait
        self._token = token
        self._timeout = timeout
        self._made: OneRequester | None = None
        self._lock = threading.Lock()
        self._limiter = Limiter("GitHub", wait=wait, patience=patience, notify=notify)
        self._retry = Retry(
            lambda error: isinstance(error, GithubError) and error.passing, sleep=wait
        )

    @property
    def ahead(self) -> float:
        """Return the seconds by which the host's clock is ahead of ours; 0 before an answer."""
        return self._made.ahead if self._made else 0.0

    def look_up(self, slug: str, what: str, find: Callable[[Repository], Thing]) -> Thing:
        """Return one of PyGithub's objects in a repository, with all of its data.

        Raises GithubError; `what` names the thing in its sentence.
        """
        found = self._asked(what, lambda by: find(by.repo(slug)).complete())
        if not isinstance(found.raw_data, dict):
            raise self.no_json(what)
        return found

    def get(
        self, path: str, what: str, query: Mapping[str, str] | None = None, *, etag: str = ""
    ) -> Reply:
        """Return the answer for a path; its status is 304 if the ETag is still the same.

        Raises GithubError; `what` names the thing in its sentence.
        """
        headers = {"If-None-Match": etag} if etag else {}
        reply = self._asked(what, lambda by: by.send("GET", path, query, headers))
        if reply.good and reply.document() is None:
            raise self.no_json(what)
        return reply

    def pages(
        self, path: str, what: str, key: str, parameters: Mapping[str, str] | None = None
    ) -> tuple[Document, ...]:
        """Return a whole listing; raises GithubError if it is not one, or is too long."""
        found: list[Document] = []
        for page in range(1, PAGES + 1):
            query = {**(parameters or {}), "per_page": str(PAGE), "page": str(page)}
            value = mapping(self.get(path, what, query).document())
            if not isinstance(value.get(key), list):
                raise self.no_json(what)
            items = mappings(value[key])
            found += items
            if len(items) < PAGE or len(found) == number(value.get("total_count")):
                return tuple(found)
        raise GithubError(f"{what} has more than {PAGE * PAGES} entries.", code=TOO_MANY)

    def write(self, slug: str, what: str, send: Callable[[Repository], T]) -> T:
        """Let PyGithub change something in a repository, once; `send` makes one request.

        It is sent again only if GitHub did nothing because of a limit. Raises UnclearError if it
        may have been carried out, GithubError or TooEarlyError if it was not.
        """
        return self._asked(what, lambda by: send(by.repo(slug)), write=True)

    def post(self, path: str, body: Mapping[str, Any], what: str) -> Reply:
        """Send a change that PyGithub has no method for, as `write` does."""
        return self._asked(what, lambda by: by.send("POST", path, body=body), write=True)

    def no_json(self, what: str) -> GithubError:
        """Return the error for an answer that is not the expected JSON."""
        return Question(what, self.host).no_json()

    def requester(self) -> OneRequester:
        """Return what sends requests, with the token; raises RefusedError if there is none."""
        with self._lock:
            if self._made is None:
                from multigit.adapters.github.requester import OneRequester

                token = checked_token(self._token(), "the token")
                self._made = OneRequester(self.api, token, self._timeout)
            return self._made

    def _asked(self, what: str, ask: Callable[[OneRequester], T], *, write: bool = False) -> T:
        """Ask, and again if that can help; what it raises contains nothing of the request.

        Writes are sent one after the other, as GitHub's guide to its limits asks for.
        """
        requester, question = self.requester(), Question(what, self.host)

        def once() -> T:
            try:
                return ask(requester)
            except requester.FAILURES as error:
                failure = error
            raise question.not_written(failure) if write else question.not_read(failure)

        return self._retry.read(lambda: self._limiter.send(once, alone=write))
