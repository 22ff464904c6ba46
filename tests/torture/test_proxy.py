"""The proxy disrupts exactly what it was told to."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.torture.proxy import Fault, Proxy, Side, Spoil

BODY = b"0123456789"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """Print nothing: the proxy cuts connections on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    """Return a server that answers every POST."""
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: _Server) -> Iterator[Proxy]:
    """Return a proxy in front of it."""
    with Proxy(server.server_address[1]) as running:
        yield running


def ask(proxy: Proxy, times: int = 1) -> list[bytes]:
    """Post over one connection, and return the answers."""
    place = urlsplit(proxy.through("http://any:1/x")).netloc
    answers = []
    with closing(http.client.HTTPConnection(place, timeout=5)) as connection:
        for number in range(times):
            connection.request("POST", f"/{number}", BODY)
            with connection.getresponse() as answer:
                answers.append(answer.read())
    return answers


def test_everything_passes_without_a_fault(proxy: Proxy) -> None:
    """Two requests, two answers, each with its length."""
    assert ask(proxy, 2) == [BODY, BODY]
    assert [message.passed for message in proxy.traffic[0].request] == [
        message.length for message in proxy.traffic[0].request
    ]
    assert len(proxy.traffic[0].answer) == 2


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET])
def test_answer_is_cut_after_its_bytes(proxy: Proxy, server: _Server, fault: Fault) -> None:
    """The server has acted; only the second message is disrupted."""
    proxy.spoil = Spoil(("POST",), 2, Side.ANSWER, 3, fault, from_end=True)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(proxy, 2)
    assert proxy.fired
    assert server.bodies == [BODY, BODY]


def test_request_is_cut_before_its_end(proxy: Proxy, server: _Server) -> None:
    """The server sees a short body."""
    proxy.spoil = Spoil(("POST",), 1, Side.REQUEST, 4, Fault.CUT, from_end=True)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(proxy)
    deadline = time.monotonic() + 5
    while not server.bodies and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.bodies == [BODY[:-4]]


def test_whole_request_passes_before_a_stall(proxy: Proxy, server: _Server) -> None:
    """The server has acted, and the client waits in vain."""
    proxy.spoil = Spoil(("POST",), 1, Side.REQUEST, 0, Fault.STALL, from_end=True)
    place = urlsplit(proxy.through("http://any:1/x")).netloc
    with closing(http.client.HTTPConnection(place, timeout=0.5)) as connection:
        connection.request("POST", "/", BODY)
        with pytest.raises(TimeoutError):
            connection.getresponse()
    assert server.bodies == [BODY]


def test_answer_drips(proxy: Proxy) -> None:
    """Every byte arrives, one at a time."""
    proxy.spoil = Spoil(("POST",), 1, Side.ANSWER, 0, Fault.DRIP, pause=0.002)
    assert ask(proxy) == [BODY]
    assert proxy.fired


def test_nobody_is_let_in_until_it_is_mended(proxy: Proxy) -> None:
    """With `down` only `mend` brings the server back."""
    proxy.spoil = Spoil(("POST",), 1, Side.ANSWER, 0, Fault.CUT, down=True)
    for _ in range(2):
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(proxy)
    proxy.mend()
    assert ask(proxy) == [BODY]
