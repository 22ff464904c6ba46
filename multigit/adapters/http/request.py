"""One request over HTTP and its answer, within one time limit.

No redirect is followed, no request is sent twice, and neither a netrc file nor the address adds a
password. Proxies and certificates come from the environment, as usual.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from multigit.adapters.http.body import KB, read_body
from multigit.adapters.system.deadline import in_background
from multigit.core.values.text import visible
from multigit.errors import MultigitError

if TYPE_CHECKING:
    import requests

LARGEST = 64 * KB  # bytes of an answer that are read
CHUNK = 8 * 1024
GRACE = 0.1  # seconds after the timeout in which a request may still report why it failed
AGENT = "multigit"
KEPT = 64  # connections that a session keeps


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, the start of its body as text, its headers by lower-case name.

    `fault` says why that is not the whole body: the end of a sentence that begins with “its answer
    is”.
    """

    status: int
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def good(self) -> bool:
        """True when the server did what it was asked to."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def moved(self) -> bool:
        """True when it is a redirect, which is not followed."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def refused(self) -> bool:
        """True when the server did not do it because something is wrong with the request."""
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    def document(self) -> Any:
        """Return its JSON, None if it is not JSON, or not whole."""
        if self.fault:
            return None
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


class WebError(MultigitError):
    """There is no answer; `reason` says why, without a full stop.

    `sent` is False if the request certainly never reached the server.
    """

    code = "unreachable"

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(f"it cannot be reached: {reason}.")
        self.reason = reason
        self.sent = sent


def address_fault(url: str) -> str:
    """Return why no request can be sent to this address, or empty."""
    if visible(url) != url or " " in url:
        return "it contains a space or a control character"
    try:
        parts = urlsplit(url)
        valid = parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.scheme not in {"http", "https"}:
        return "it is not an http or https address"
    if parts.username is not None or parts.password is not None:
        return "it contains a user name or password"
    return ""


def request(
    method: str,
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, str] | str | None = None,
    limit: int = LARGEST,
    session: requests.Session | None = None,
) -> Reply:
    """Send one request, once, and return its answer with at most `limit` bytes of the body.

    `timeout` is in seconds, from resolving the name to the last byte. A mapping as `body` is sent
    as a form. Without a session from `new_session`, the connection is a new one, which cannot be
    stale. Raises WebError.
    """
    import requests  # not in a thread that may be abandoned in the middle

    own = {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})}
    asked = requests.Request(method, url, own, data=body)
    future = in_background(partial(_send, asked, timeout, limit, session))
    try:
        reply = future.result(timeout + GRACE)
    except TimeoutError:
        reply = _late(timeout)
    if isinstance(reply, Reply):
        return reply
    raise reply


def new_session() -> requests.Session:
    """Return a session that keeps its connections for further requests from any thread."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.stream = True
    session.auth = lambda prepared: prepared  # without one, `requests` reads the netrc file
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=KEPT))
    return session


def _send(
    asked: requests.Request, timeout: float, limit: int, kept: requests.Session | None
) -> Reply | WebError:
    """Return the answer, or why there is none.

    The errors of `requests` contain the request with its password, so none of them may leave here.
    """
    import requests
    from urllib3.exceptions import HTTPError

    until = time.monotonic() + timeout
    with nullcontext(kept) if kept else new_session() as session:
        try:
            prepared = session.prepare_request(asked)
            around: Any = session.merge_environment_settings(asked.url, {}, None, None, None)
            adapter = session.get_adapter(asked.url)
        except (requests.RequestException, ValueError):
            return WebError("the address is not valid", sent=False)
        try:
            # Not `session.send`: it reads the whole body of a redirect, and fails on some.
            with adapter.send(prepared, timeout=timeout, **around) as answer:
                return _read(answer, limit, until, timeout)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return _explained(error, timeout)


def _read(answer: requests.Response, limit: int, until: float, timeout: float) -> Reply | WebError:
    headers = dict(answer.headers.lower_items())
    packed = headers.get("content-encoding", "")
    body, fault = read_body(_chunks(answer, until), packed, limit) if limit else (b"", "")
    if time.monotonic() > until:
        return _late(timeout)
    return Reply(answer.status_code, _text(body, headers.get("content-type", "")), headers, fault)


def _chunks(answer: requests.Response, until: float) -> Iterator[bytes]:
    """Yield the body as it was sent, until the time is over."""
    while time.monotonic() <= until and (chunk := answer.raw.read1(CHUNK, decode_content=False)):
        yield chunk


def _text(body: bytes, kind: str) -> str:
    """Return the body as text, in the character set that it names or else in UTF-8."""
    _, _, charset = kind.lower().partition("charset=")
    try:
        return body.decode(charset.split(";")[0].strip(" \"'") or "utf-8", "replace")
    except (LookupError, ValueError):  # Python does not know it, or not for this
        return body.decode("utf-8", "replace")


def _late(timeout: float) -> WebError:
    return WebError(f"no complete answer within {timeout:g} s", sent=True)


def _explained(error: Exception, timeout: float) -> WebError:
    """Return the error in words; the first kind that is among its causes counts."""
    import requests
    from urllib3.exceptions import NewConnectionError

    causes = tuple(_causes(error))
    kinds: tuple[tuple[type[BaseException], str, bool], ...] = (
        (requests.exceptions.ProxyError, "the proxy set in the environment does not answer", False),
        (ssl.SSLCertVerificationError, f"its TLS certificate is not accepted{_why(causes)}", False),
        (socket.gaierror, "no host has this name", False),
        (ConnectionRefusedError, "connections are refused", False),
        (requests.ConnectTimeout, f"no connection within {timeout:g} s", False),
        (NewConnectionError, "the network has no route to it", False),
        (requests.Timeout, _late(timeout).reason, True),
        (TimeoutError, _late(timeout).reason, True),
        (ssl.SSLError, "the TLS connection failed", True),
    )
    for kind, reason, sent in kinds:
        if any(isinstance(cause, kind) for cause in causes):
            return WebError(reason, sent=sent)
    return WebError("the connection was cut before the answer was complete", sent=True)


def _why(causes: Sequence[BaseException]) -> str:
    """Return what is wrong with a certificate, in parentheses."""
    reasons = [c.verify_message for c in causes if isinstance(c, ssl.SSLCertVerificationError)]
    return f" ({visible(reasons[0])})" if reasons else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all of its causes, however it was wrapped."""
    seen: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and not any(one is other for other in seen):
            seen.append(one)
            left += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
            yield one
