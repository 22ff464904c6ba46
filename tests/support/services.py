"""The demo's small servers: how a test talks to them and ends them."""

from __future__ import annotations

import http.client
from pathlib import Path


def ask(port: int, method: str = "GET", path: str = "/health", token: str = "") -> tuple[int, str]:
    """Return the status and body of one answer; raise OSError if nothing is listening."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"X-Token": token} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def end(folder: Path, port: int) -> None:
    """End the server of a folder, if it is running."""
    try:
        ask(port, "POST", "/end", (folder / "token").read_text())
    except (OSError, http.client.HTTPException):
        return
