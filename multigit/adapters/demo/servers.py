"""The demo's servers: what a service is deployed with, and the health that it tells of itself."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

DEPLOY = '''\
"""Puts this service into a folder and starts it there. Usage: deploy.py FOLDER PORT SHA"""

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path


def end_the_one_before():
    """Ask it over its port, with the secret that only it knows; anybody else ignores that."""
    try:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        asked.request("POST", "/end", headers={"X-Token": token.read_text()})
        asked.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # it ended long ago, or there was none


def listen():
    """Return the port's socket, once the one before has given it back."""
    for _ in range(50):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno)
            time.sleep(0.1)
    sys.exit(f"port {port} of 127.0.0.1 cannot be had: {reason}")


folder, port, sha = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
token = folder / "token"
folder.mkdir(parents=True, exist_ok=True)
end_the_one_before()
listening = listen()
for file in Path().glob("*.py"):
    shutil.copy(file, folder)
(folder / "version.json").write_text(json.dumps({"sha": sha}))
with open(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
    stream.write(secrets.token_hex())
with open(folder / "server.log", "ab") as log:
    subprocess.Popen(
        [sys.executable, "server.py", str(listening.fileno())],
        cwd=folder,
        pass_fds=[listening.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
print("started on port", port)
'''
SERVER = '''\
"""A tiny service: /health tells its version. It ends when nobody asked for ten minutes.

Usage: server.py SOCKET [SECONDS], a listening socket that it inherits. Whoever has the token of its
folder may end it: POST /end.
"""

import hmac
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

TOKEN = Path("token").read_text()


class Service(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self):
        if Path("full-disk").exists():
            self.answer(503, b"the disk is full")
        else:
            self.answer(200, Path("version.json").read_bytes())

    def do_POST(self):
        given = self.headers.get("X-Token", "").encode("latin-1", "replace")
        allowed = self.path == "/end" and hmac.compare_digest(given, TOKEN.encode())
        self.answer(200 if allowed else 403, b"")
        self.server.ended = allowed

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(HTTPServer):
    ended = False

    def handle_timeout(self):
        self.ended = True


server = Server(("127.0.0.1", 0), Service, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.timeout = float(sys.argv[2]) if len(sys.argv) > 2 else 600
while not server.ended:
    server.handle_request()
'''


def deploy_tables(services: Sequence[str], servers: Path) -> str:
    """Return the tables with which services are deployed to stg, each to a folder of its own."""
    ports = _free_ports(len(services))
    return "".join(_tables(*each, servers) for each in zip(services, ports, strict=True))


def _tables(service: str, port: int, servers: Path) -> str:
    place = servers / service
    return f"""
[repos.{service}.deploy.stg]
runner = "command"
command = ["{sys.executable}", "deploy.py", "{place}", "{port}", "{{sha}}"]

[repos.{service}.health.stg]
url = "http://127.0.0.1:{port}/health"
json = "sha"
attempts = 5
interval = "1s"
"""


def _free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody uses now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
