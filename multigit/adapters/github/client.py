"""The one door to GitHub: reads that say what is wrong, and writes that are sent once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from multigit.adapters.github.answers import (
    BROKEN,
    OK,
    PATIENT,
    REDIRECT,
    REQUEST_TIMEOUT,
    UNCHANGED,
    GithubError,
    Reply,
    Timeouts,
    UnclearError,
    limited,
    mapping,
    mappings,
    moment,
    no_json,
    number,
    pause_asked,
    refusal,
)
from multigit.adapters.github.slug import api_address, web_host
from multigit.adapters.github.token import checked_token

if TYPE_CHECKING:
    from multigit.adapters.github.transport import Wire

PAGE = 100  # the most that GitHub gives at once
PAGES = 10
SENDS = 3  # of a write that GitHub itself put off
UNCLEAR_HINT = "Look at GitHub's page before you ask for it again."


class GithubDoor:
    """The way to GitHub's REST API, from any thread.

    `token` is asked for at the first request. `wait` waits some seconds, or raises to stop.
    """

    def __init__(
        self,
        *,
        api_url: str,
        token: Callable[[], str],
        wait: Callable[[float], None] = time.sleep,
        timeouts: Timeouts = PATIENT,
    ) -> None:
        self.api = api_address(api_url)
        self.host = web_host(self.api)
        self.ahead = 0.0  # seconds that the host's clock is before ours
        self._token = token
        self._wait = wait
        self._timeouts = timeouts
        self._wire: Wire | None = None
        self._lock = threading.Lock()

    def wait(self, seconds: float) -> None:
        """Wait so long; raises what stops the waiting."""
        self._wait(seconds)

    def get(
        self, path: str, what: str, parameters: Mapping[str, str] | None = None, *, etag: str = ""
    ) -> Reply:
        """Return what is at a path; status 304 where it still has this ETag.

        Raises GithubError; `what` names the thing in its sentence.
        """
        wire = self.wire()
        headers = {"If-None-Match": etag} if etag else {}
        reply = self._within(lambda: wire.read(path, parameters or {}, headers))
        if reply.status == UNCHANGED and etag:
            return reply
        if not reply.good:
            raise refusal(reply, what, time.time())
        if not reply.readable or reply.value is None:
            raise no_json(what, self.host)
        return reply

    def pages(
        self, path: str, what: str, key: str, parameters: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, Any], ...]:
        """Return a whole listing; raises GithubError when it is no listing or has no end."""
        found: list[Mapping[str, Any]] = []
        for page in range(1, PAGES + 1):
            query = {**(parameters or {}), "per_page": str(PAGE), "page": str(page)}
            value = mapping(self.get(path, what, query).value)
            if not isinstance(value.get(key), list):
                raise no_json(what, self.host)
            items = mappings(value[key])
            found += items
            if len(items) < PAGE or len(found) == number(value.get("total_count")):
                return tuple(found)
        raise GithubError(f"{what} has more than {PAGE * PAGES} entries.", code="github_too_many")

    def post(self, path: str, body: Mapping[str, Any], what: str) -> Reply:
        """Ask to do something, once; again only when GitHub says that it is too early for it.

        Raises UnclearError when it may have been done, GithubError when it was not.
        """
        wire = self.wire()
        for left in reversed(range(SENDS)):
            reply = self._within(lambda: wire.write(path, body))
            pause = pause_asked(reply.headers, time.time())
            if not (left and limited(reply) and 0 < pause <= self._timeouts.limit):
                break
            self._wait(pause)
        return self._done(reply, what)

    def _done(self, reply: Reply, what: str) -> Reply:
        if OK <= reply.status < REDIRECT and reply.readable:
            return reply
        if OK <= reply.status < REDIRECT:
            error = no_json(what, self.host)
            raise UnclearError(error.message, hint=error.hint, code=error.code)
        if reply.status >= BROKEN or reply.status in {REQUEST_TIMEOUT, *range(OK)}:
            raise UnclearError(
                f"GitHub answers {reply.status} for {what}.",
                hint=UNCLEAR_HINT,
                status=reply.status,
            )
        raise refusal(reply, what, time.time())

    def wire(self) -> Wire:
        """Return the connections, with the token; raises RefusedError where there is none."""
        with self._lock:
            if self._wire is None:
                from multigit.adapters.github.transport import Wire

                token = checked_token(self._token(), "the configuration gives")
                self._wire = Wire(self.api, token, self._wait, self._timeouts)
            return self._wire

    def _within(self, send: Callable[[], Reply]) -> Reply:
        """Send a request; a server that drips, or a name that nobody resolves, is not waited for.

        The request runs in a thread of its own, which is left alone when its time is out.
        """
        done: queue.SimpleQueue[Reply | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                done.put(send())
            except Exception as error:  # noqa: BLE001  (it is raised below)
                done.put(error)

        threading.Thread(target=work, daemon=True, name="github").start()
        try:
            result = done.get(timeout=self._timeouts.whole)
        except queue.Empty:
            raise UnclearError("GitHub did not answer in time.", hint="Try again.") from None
        if isinstance(result, Exception):
            raise result
        if (then := moment(result.headers)) is not None:
            self.ahead = then - time.time()
        return result
