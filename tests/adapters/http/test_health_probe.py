"""The health probe: what it reads of a response, and what it says if there is none."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.adapters.http.health_probe import HttpProbe
from multigit.adapters.http.request import LARGEST
from multigit.core.values.health_check import HealthAnswer
from multigit.engine.ports import Probe
from multigit.errors import MultigitError
from tests.doubles.loopback import Answer, Request, Silence
from tests.doubles.receivers import Health, healthy

SHORT = 0.3
PROBE: Probe = HttpProbe()


class Endpoint(Health):
    """A health endpoint that remembers its last request."""

    last: Request

    def react(self, request: Request) -> Answer | Silence:
        """Remember the request, and answer it."""
        self.last = request
        return super().react(request)


@pytest.fixture
def service() -> Iterator[Endpoint]:
    """Return a service that is up."""
    with Endpoint() as endpoint:
        yield endpoint


def ask(url: str, timeout: float = 5.0) -> HealthAnswer:
    """Ask the probe for the health of a service."""
    return PROBE.ask(url, timeout=timeout)


def refusal(url: str, timeout: float = SHORT) -> str:
    """Return the message about a request that fails."""
    with pytest.raises(MultigitError) as caught:
        ask(url, timeout)
    assert caught.value.__context__ is None
    return caught.value.message


def test_an_answer_with_its_headers(service: Endpoint) -> None:
    """Status, body and headers are returned as the service sent them."""
    service.answer(healthy({"sha": "abc"}, ("X-Release", "r1"), status=503))
    seen = ask(f"{service.url}/health?deep=1")
    assert (seen.status, seen.body, seen.headers["x-release"]) == (503, '{"sha": "abc"}', "r1")
    assert service.asked == ["/health?deep=1"]
    assert service.last.headers["user-agent"] == "multigit"


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain; charset=ISO-8859-1", b"gr\xfcn", "grün"),
        ("text/plain", "grün".encode(), "grün"),
        ("text/plain; charset=no-such", b"ok", "ok"),
        ("text/plain; charset=idna", b"ok", "ok"),
        ("text/plain", b"\xff", "\ufffd"),
    ],
)
def test_the_body_is_text(service: Endpoint, kind: str, body: bytes, text: str) -> None:
    """The declared character set is used, or else UTF-8, and invalid bytes are replaced."""
    service.answer(Answer(200, body, (("Content-Type", kind),)))
    assert ask(service.url).body == text


def test_a_long_body_is_cut(service: Endpoint) -> None:
    """At most 64 KB of it are read, and it is known whether that is all."""
    for size in (LARGEST, LARGEST + 1, 2 * LARGEST):
        service.answer(Answer(200, b"x" * size))
        answer = ask(service.url)
        fault = "larger than 64 KB" if size > LARGEST else ""
        assert (len(answer.body), answer.fault) == (LARGEST, fault)


@pytest.mark.parametrize(("status", "pause"), [(429, 7.0), (503, 7.0), (200, 0.0), (404, 0.0)])
def test_a_service_may_ask_to_wait(service: Endpoint, status: int, pause: float) -> None:
    """It does with Retry-After, in an answer that says why."""
    service.answer(Answer(status, b"", (("Retry-After", "7"),)))
    assert ask(service.url).pause == pause


@pytest.mark.parametrize("place", ["/login", "http://elsewhere.invalid/", "http://[::1", "\xff"])
def test_a_redirect_is_the_answer(service: Endpoint, place: str) -> None:
    """It is not followed, wherever it points."""
    service.answer(Answer(302, b"", (("Location", place),)))
    assert ask(service.url).status == 302
    assert len(service.asked) == 1


def test_no_password_of_the_environment_is_sent(
    service: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A netrc file with a password for this host is ignored."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    ask(service.url)
    assert "authorization" not in service.last.headers


def test_a_service_that_refuses(service: Endpoint) -> None:
    """The message says that connections are refused; once the port is open, the probe succeeds."""
    service.refuse()
    assert refusal(service.url) == "it cannot be reached: connections are refused."
    service.listen()
    assert ask(service.url).status == 200


def test_a_service_that_hangs_up(service: Endpoint) -> None:
    """The message says that the connection was cut."""
    service.answer(Silence.HANG_UP)
    cut = "it cannot be reached: the connection was cut before the answer was complete."
    assert refusal(service.url, timeout=5) == cut


def test_half_an_answer(service: Endpoint) -> None:
    """A response that is shorter than its Content-Length is an error."""
    service.answer(Answer(200, b"ok", (("Content-Length", "9"),)))
    assert "cannot be reached" in refusal(service.url)


@pytest.mark.parametrize("answer", [Silence.NEVER, healthy(drip=0.05), healthy(delay=60)])
def test_the_time_limit_holds(service: Endpoint, answer: Answer | Silence) -> None:
    """Neither silence nor a slow response extends it."""
    service.answer(answer)
    begin = time.monotonic()
    assert refusal(service.url) == "it cannot be reached: no complete answer within 0.3 s."
    assert time.monotonic() - begin < 3


def test_headers_that_drip() -> None:
    """The time limit also covers the headers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, over))
        thread.start()
        begin = time.monotonic()
        try:
            address = f"http://127.0.0.1:{server.getsockname()[1]}/"
            assert "no complete answer within 0.3 s" in refusal(address)
            assert time.monotonic() - begin < 3
        finally:
            over.set()
            thread.join()


def _drip(server: socket.socket, over: threading.Event) -> None:
    """Send a header byte by byte."""
    connection, _ = server.accept()
    with connection:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
            if over.wait(0.05):
                return
            connection.sendall(bytes([byte]))


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says that no host has this name."""

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refusal("http://api.invalid/") == "it cannot be reached: no host has this name."


def test_a_proxy_that_is_off(service: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says that the proxy does not answer, without its password."""
    service.refuse()
    monkeypatch.setenv("http_proxy", service.url.replace("//", "//ada:secret@"))
    monkeypatch.setenv("no_proxy", "")
    assert refusal("http://api.invalid/", timeout=5) == (
        "it cannot be reached: the proxy set in the environment does not answer."
    )


def test_a_service_without_tls(service: Endpoint) -> None:
    """A plain HTTP server does not pass for an HTTPS server."""
    secure = service.url.replace("http:", "https:")
    assert "TLS connection failed" in refusal(secure, timeout=5)


def test_a_certificate_that_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says why the certificate is not accepted."""

    def unaccepted(*_: object, **__: object) -> None:
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", unaccepted)
    assert refusal("https://api.invalid/") == (
        "it cannot be reached: its TLS certificate is not accepted (self-signed certificate)."
    )


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "it is not an http or https address"),
        ("ftp://host/", "it is not an http or https address"),
        ("http:///health", "it is not an http or https address"),
        ("http://host:port/", "it is not an http or https address"),
        ("http://[::1/", "it is not an http or https address"),
        ("http://ada:secret@host/", "it contains a user name or password"),
        ("http://host/a b", "it contains a space or a control character"),
        ("http://host/\x1b[2J", "it contains a space or a control character"),
    ],
)
def test_an_invalid_address(url: str, fault: str) -> None:
    """It is reported before any request, and its password is not shown."""
    assert refusal(url) == f"the address cannot be used: {fault}."
