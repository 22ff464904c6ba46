"""The demo's servers: what a service is deployed with, and the health that it tells of itself."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

DEPLOY = '''\
"""Puts this service into a folder and starts it there. Usage: deploy.py FOLDER PORT SHA"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

folder, port, sha = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
folder.mkdir(parents=True, exist_ok=True)
for file in Path().glob("*.py"):
    shutil.copy(file, folder)
(folder / "version.json").write_text(json.dumps({"sha": sha}))
running = folder / "pid"
if running.exists():
    try:
        os.kill(int(running.read_text()), signal.SIGTERM)
    except OSError:
        pass
server = subprocess.Popen(
    [sys.executable, "server.py", port],
    cwd=folder,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    start_new_session=True,
)
running.write_text(str(server.pid))
print("started on port", port)
'''
SERVER = '''\
"""A tiny service: /health tells its version. It ends when nobody asked for ten minutes."""

import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        status = 503 if Path("full-disk").exists() else 200
        body = Path("version.json").read_bytes() if status == 200 else b"the disk is full"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(HTTPServer):
    allow_reuse_address = True

    def handle_timeout(self):
        sys.exit()


for _ in range(50):
    try:
        server = Server(("127.0.0.1", int(sys.argv[1])), Service)
        break
    except OSError:  # the one before it still ends
        time.sleep(0.1)
server.timeout = 600
while True:
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
