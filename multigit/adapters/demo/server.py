"""A tiny service: /health returns its version. It ends after ten minutes without a request.

Usage: server.py SOCKET [SECONDS], a listening socket that it inherits. POST /end with the token of
its folder ends it.
"""

import hmac
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any


class Service(BaseHTTPRequestHandler):
    """Answers from the files of its folder."""

    server: "Server"
    timeout = 5

    def do_GET(self) -> None:
        """Answer with the version, or that the disk is full."""
        if Path("full-disk").exists():
            self.answer(503, b"the disk is full")
        else:
            self.answer(200, Path("version.json").read_bytes())

    def do_POST(self) -> None:
        """End, if the request has the token."""
        given = self.headers.get("X-Token", "").encode("latin-1", "replace")
        allowed = self.path == "/end" and hmac.compare_digest(given, self.server.token)
        self.answer(200 if allowed else 403, b"")
        self.server.ended = allowed

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class Server(HTTPServer):
    """Serves on an inherited socket until it is ended, or for some seconds without a request."""

    def __init__(self, number: int, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Service, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=number)
        self.timeout = seconds
        self.token = Path("token").read_bytes()
        self.ended = False

    def handle_timeout(self) -> None:
        """End, without a request."""
        self.ended = True


if __name__ == "__main__":
    server = Server(int(sys.argv[1]), float((*sys.argv, "600")[2]))
    while not server.ended:
        server.handle_request()
