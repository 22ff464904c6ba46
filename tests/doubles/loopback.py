"""An HTTP server on a loopback port; a method decides how it reacts to each request."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

_POLL = 0.02  # seconds that closing may take
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received: `target` is percent-encoded, names in `headers` are lowercase."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query, percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The names and values of the query, decoded."""
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, after `delay` seconds; `drip` is the pause before each byte of the body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    drip: float = 0.0
    delay: float = 0.0


class Silence(Enum):
    """No answer at all."""

    HANG_UP = "hang up"  # the connection is cut
    NEVER = "never"  # nothing is sent until the server ends


def json_answer(status: int, value: Any, *headers: tuple[str, str]) -> Answer:
    """An answer with `value` as JSON."""
    kind = ("Content-Type", "application/json; charset=utf-8")
    return Answer(status, json.dumps(value).encode(), (kind, *headers))


class LoopbackServer(ABC):
    """Listens while its `with` block runs; every thread and connection ends with the block."""

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        # Bound and not listening: the port is known, and connections are refused.
        self._bound = _bound(0)
        self.port: int = self._bound.getsockname()[1]

    @abstractmethod
    def react(self, request: Request) -> Answer | Silence:
        """Return the answer to a request; called from one thread per connection."""

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._stop(self._server)
        else:
            self._bound.close()

    def listen(self) -> None:
        """Accept connections."""
        if self._server is None:
            self._server = _Server(self, self._bound)
            self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,))
            self._thread.start()

    def refuse(self) -> None:
        """Refuse connections from now on, until `listen`; the port stays the same."""
        if self._server:
            self._stop(self._server)
            self._bound = _bound(self.port)

    def _stop(self, server: _Server) -> None:
        server.shutdown()
        server.hang_up()
        server.server_close()
        if self._thread:
            self._thread.join()
        self._server = self._thread = None


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # `server_close` waits for them
    request_queue_size = 128

    def __init__(self, owner: LoopbackServer, bound: socket.socket) -> None:
        self.owner = owner
        self.closing = threading.Event()
        self._guard = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_address = bound.getsockname()
        self.server_activate()

    def add(self, connection: socket.socket) -> None:
        """Remember a connection, to be cut when the server ends."""
        with self._guard:
            self._connections.add(connection)
            if self.closing.is_set():
                _cut(connection)

    def forget(self, connection: socket.socket) -> None:
        """Forget a connection that has ended."""
        with self._guard:
            self._connections.discard(connection)

    def hang_up(self) -> None:
        """Cut every connection and interrupt every dripping answer."""
        with self._guard:
            self.closing.set()
            for connection in self._connections:
                _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that was killed is not an error of the server.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer; without these two lines an answer costs 44 ms
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.add(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        with contextlib.suppress(ConnectionError):  # the client did not wait for the rest
            super().finish()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:  # its sender died: no server acts on half a request
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reaction = self.server.owner.react(Request(self.command, self.path, headers, body))
        if isinstance(reaction, Silence):
            self._be_silent(reaction)
        elif reaction.delay and self.server.closing.wait(reaction.delay):
            self.close_connection = True
        else:
            self._answer(reaction)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - overrides
        pass

    def _be_silent(self, silence: Silence) -> None:
        self.close_connection = True
        if silence is Silence.NEVER:
            self.server.closing.wait()
        else:
            _cut(self.connection)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in _BODILESS:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self._write(answer.body, answer.drip)

    def _write(self, body: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.flush()
            if self.server.closing.wait(drip):
                self.close_connection = True
                return
            self.wfile.write(bytes([byte]))
