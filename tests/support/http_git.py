"""A git server over HTTP with Basic auth: a bridge from the loopback to `git http-backend`."""

from __future__ import annotations

import base64
import functools
import itertools
import socketserver
import subprocess
import sys
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .gitenv import GIT_TIMEOUT, default_environment, git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_POLL = 0.02  # seconds that closing may take
_PASSED_ON = {
    "Content-Type": "CONTENT_TYPE",
    "Content-Encoding": "HTTP_CONTENT_ENCODING",
    "Git-Protocol": "GIT_PROTOCOL",
    "Accept-Encoding": "HTTP_ACCEPT_ENCODING",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request: `service` is `upload-pack` (fetch) or `receive-pack` (push)."""

    repo: str
    service: str
    method: str
    status: int
    connection: int


class GitHttpServer:
    """Serves the bare repositories `root/NAME.git` while its `with` block runs.

    Without the right `user` and `password` every request is answered 401.
    """

    def __init__(self, root: Path, user: str = "ada", password: str = "sesame") -> None:
        self.requests: list[Request] = []
        self._user = user
        self._password = password
        self._server = _Server(root, user, password, self.requests)
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(_POLL,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, name: str, *, with_password: bool = False) -> str:
        """The URL of `root/name.git`."""
        login = f"{quote(self._user)}:{quote(self._password)}@" if with_password else ""
        return f"http://{login}127.0.0.1:{self._server.server_port}/{quote(name)}.git"

    @property
    def login(self) -> str:
        """The value of the `Authorization` header that is accepted."""
        return self._server.login

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, even if its client is gone."""
        return self._server.busy > 0

    def count(self, repo: str | None = None, service: str | None = None) -> int:
        """The number of requests for a repository and a service; None means any."""
        return len(self._chosen(repo, service))

    def connections(self, repo: str | None = None, service: str | None = None) -> int:
        """The number of connections that carried those requests."""
        return len({request.connection for request in self._chosen(repo, service)})

    def _chosen(self, repo: str | None, service: str | None) -> list[Request]:
        return [
            request
            for request in list(self.requests)
            if repo in (None, request.repo) and service in (None, request.service)
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open
    request_queue_size = 128

    def __init__(self, root: Path, user: str, password: str, requests: list[Request]) -> None:
        self.root = root
        self.user = user
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.requests = requests
        self.numbers = itertools.count(1)
        self.guard = threading.Lock()
        self.busy = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the address, which takes seconds on some machines.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that was killed is not the server's fault.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer; without these two lines an answer costs 44 ms
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection_number = next(self.server.numbers)

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - overrides
        pass

    def _serve(self, body: bytes) -> None:
        if self.headers.get("Authorization") != self.server.login:
            challenge = [("WWW-Authenticate", 'Basic realm="git"')]
            self._answer(HTTPStatus.UNAUTHORIZED, challenge, b"")
        else:
            self._answer(*_parsed(self._backend(body)))

    def _backend(self, body: bytes) -> bytes:
        with self.server.guard:
            self.server.busy += 1
        try:
            return self._asked(body)
        finally:
            with self.server.guard:
                self.server.busy -= 1

    def _asked(self, body: bytes) -> bytes:
        done = subprocess.run(
            [_backend_program()],
            env=self._environment(len(body)),
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=GIT_TIMEOUT,
        )
        return done.stdout

    def _environment(self, length: int) -> dict[str, str]:
        where = urlsplit(self.path)
        headers = self.headers
        passed = {name: headers[key] for key, name in _PASSED_ON.items() if key in headers}
        return {
            **default_environment(),
            **passed,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": unquote(where.path),
            "QUERY_STRING": where.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_LENGTH": str(length),
            "REMOTE_USER": self.server.user,
            "REMOTE_ADDR": self.client_address[0],
        }

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass

    def _answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self._record(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _record(self, status: int) -> None:
        where = urlsplit(self.path)
        repo, _, rest = unquote(where.path).strip("/").partition(".git/")
        service = parse_qs(where.query).get("service", [rest])[0].removeprefix("git-")
        self.server.requests.append(
            Request(repo, service, self.command, int(status), self.connection_number)
        )


def _parsed(output: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of what a CGI program printed."""
    head, _, body = output.partition(b"\r\n\r\n")
    pairs = (line.partition(":") for line in head.decode("latin-1").splitlines())
    headers = [(name.strip(), value.strip()) for name, _, value in pairs]
    given = [value for name, value in headers if name == "Status"]
    status = int(given[0].split()[0]) if given else HTTPStatus.OK
    kept = [(name, value) for name, value in headers if name not in ("Status", "Content-Length")]
    return (status, kept, body) if headers else (HTTPStatus.INTERNAL_SERVER_ERROR, [], b"")


@functools.cache
def _backend_program() -> str:
    return str(Path(git(Path.cwd(), "--exec-path")) / "git-http-backend")
