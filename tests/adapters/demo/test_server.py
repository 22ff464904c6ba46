"""The servers of the demo are started, replaced and ended, and no other process is."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.adapters.demo.sandbox import programs
from multigit.adapters.system.programs import typed
from tests.support.services import ask, end

TIMEOUT = 10.0  # seconds


class Service:
    """The source of a service, the folder where it is deployed, and its port."""

    def __init__(self, root: Path) -> None:
        self.source, self.folder = root / "source", root / "servers" / "api"
        self.source.mkdir()
        for name, text in programs().items():
            (self.source / name).write_text(text)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def deploy(self, sha: str) -> subprocess.CompletedProcess[str]:
        """Deploy it as the demo's configuration does."""
        words = [sys.executable, "deploy.py", str(self.folder), str(self.port), sha]
        return subprocess.run(words, cwd=self.source, capture_output=True, text=True, check=False)

    def sha(self) -> str:
        """Return the version that the server reports."""
        status, body = ask(self.port)
        assert status == 200
        return str(json.loads(body)["sha"])

    def is_there(self) -> bool:
        """Return whether a server listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Return a service that is not deployed yet; its server is ended after the test."""
    service = Service(tmp_path)
    yield service
    end(service.folder, service.port)


def gone(service: Service) -> bool:
    """Wait until no server listens; return whether that happened in time."""
    until = time.monotonic() + TIMEOUT
    while service.is_there() and time.monotonic() < until:
        time.sleep(0.05)
    return not service.is_there()


def test_a_new_version_replaces_the_previous_one(service: Service) -> None:
    """The new one uses the same port at once, and there is no file with a process id."""
    for sha in ("1a", "2b"):
        assert service.deploy(sha).stdout == f"started on port {service.port}\n"
        assert service.sha() == sha
    assert not (service.folder / "pid").exists()
    assert (service.folder / "token").stat().st_mode & 0o777 == 0o600


def test_only_a_request_with_the_token_ends_it(service: Service) -> None:
    """Any other request is refused, and the server keeps running."""
    service.deploy("1a")
    token = (service.folder / "token").read_text()
    assert ask(service.port, "POST", "/end")[0] == 403
    assert ask(service.port, "POST", "/end", "guess")[0] == 403
    assert ask(service.port, "POST", "/other", token)[0] == 403
    assert service.sha() == "1a"
    assert ask(service.port, "POST", "/end", token)[0] == 200
    assert gone(service)


def test_a_full_disk_is_reported(service: Service) -> None:
    """The demo uses this to show a failure."""
    service.deploy("1a")
    (service.folder / "full-disk").touch()
    assert ask(service.port) == (503, "the disk is full")


def test_a_server_that_has_ended_is_replaced(service: Service) -> None:
    """Its token file is still there, but no server is."""
    service.deploy("1a")
    end(service.folder, service.port)
    assert gone(service)
    assert service.deploy("2b").returncode == 0
    assert service.sha() == "2b"


def test_another_server_on_the_port_is_left_alone(service: Service) -> None:
    """The deployment fails with the system's reason, and the other server keeps running."""
    service.deploy("1a")
    end(service.folder, service.port)
    assert gone(service)
    words = [sys.executable, "-m", "http.server", str(service.port), "--bind", "127.0.0.1"]
    output = subprocess.DEVNULL
    with subprocess.Popen(words, cwd=service.source, stdout=output, stderr=output) as stranger:
        try:
            while not service.is_there():
                time.sleep(0.05)
            done = service.deploy("2b")
            assert stranger.poll() is None
        finally:
            stranger.terminate()
    assert done.returncode == 1
    reason = os.strerror(errno.EADDRINUSE)
    assert done.stderr == f"port {service.port} of 127.0.0.1 cannot be used: {reason}\n"


def test_a_server_ends_without_requests(service: Service) -> None:
    """It also releases the port, even if a client connects and sends nothing."""
    service.deploy("1a")
    end(service.folder, service.port)
    assert gone(service)
    with socket.create_server(("127.0.0.1", service.port)) as listening:
        number = listening.fileno()
        words = [sys.executable, "server.py", str(number), "0.5"]
        server = subprocess.Popen(words, cwd=service.folder, pass_fds=[number])
    assert service.sha() == "1a"
    assert server.wait(TIMEOUT) == 0
    assert gone(service)


def test_what_a_person_types_works_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the name if the shell finds it, or else the path, or else the Python module."""
    program = tmp_path / "bin" / "multigit"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bin/multigit"])
    monkeypatch.setenv("PATH", str(program.parent))
    assert typed() == ("multigit",)
    for path in (str(tmp_path), "bin"):  # a relative path leads elsewhere after cd
        monkeypatch.setenv("PATH", path)
        assert typed() == (str(program),)
    monkeypatch.setattr(sys, "argv", ["multigit/__main__.py"])
    assert typed() == (sys.executable, "-m", "multigit")
