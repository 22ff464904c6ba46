"""Git over ssh: who gets in, what arrives, and that strangers are refused without a prompt."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .forge import Forge, ForgeRepo
from .gitenv import git, run_git
from .ssh_git import GitSshServer


@pytest.fixture
def server(forge: Forge) -> Iterator[GitSshServer]:
    before = set(threading.enumerate())
    with GitSshServer(forge.remotes, forge.root / "ssh") as running:
        yield running
    assert set(threading.enumerate()) == before


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    return forge.add("api")


def test_clone_fetch_and_push(forge: Forge, server: GitSshServer, api: ForgeRepo) -> None:
    env = forge.env | server.environment()
    copy = forge.root / "copy"
    git(forge.root, "clone", "--quiet", server.url("api"), str(copy), env=env)
    assert git(copy, "rev-parse", "origin/dev") == api.tip("dev")
    sha = api.commit("dev", {"a": "1" * 200_000})
    git(copy, "fetch", "--quiet", env=env)
    assert git(copy, "rev-parse", "origin/dev") == sha
    git(copy, "push", "--quiet", "origin", "origin/dev:refs/heads/stg", env=env)
    assert api.tip("stg") == sha
    assert [(one.service, one.status) for one in server.requests] == [
        ("upload-pack", 0),
        ("upload-pack", 0),
        ("receive-pack", 0),
    ]
    assert (server.count("api", "upload-pack"), server.connections("api")) == (2, 3)


def test_hook_refuses_a_push_in_its_own_words(
    forge: Forge, server: GitSshServer, api: ForgeRepo
) -> None:
    api.reject_pushes("refs/heads/main", "GH006: Protected branch update failed")
    sha = api.commit("dev", {"a": "1"})
    env = forge.env | server.environment()
    push = (server.url("api"), f"{sha}:refs/heads/main")
    api.git("fetch", "--quiet", "origin")
    done = run_git(api.clone, "push", *push, env=env)
    assert done.returncode == 1
    assert "remote: GH006: Protected branch update failed" in done.stderr
    assert api.tip("main") != sha


@pytest.mark.parametrize(
    ("known", "trusted", "text"),
    [(False, True, "Host key verification failed"), (True, False, "Permission denied")],
)
def test_stranger_is_refused_at_once(
    forge: Forge, server: GitSshServer, api: ForgeRepo, *, known: bool, trusted: bool, text: str
) -> None:
    """A host unknown to the client, and a client unknown to the host."""
    command = server.command(known=known, trusted=trusted) + " -o BatchMode=yes"
    env = forge.env | {"GIT_SSH_COMMAND": command}
    done = run_git(api.clone, "ls-remote", server.url("api"), env=env)
    assert (done.returncode, done.stdout) == (128, "")
    assert text in done.stderr
    assert server.requests == []


def test_repository_that_is_not_there(forge: Forge, server: GitSshServer) -> None:
    env = forge.env | server.environment()
    done = run_git(forge.root, "ls-remote", server.url("gone"), env=env)
    assert done.returncode == 128
    assert "does not appear to be a git repository" in done.stderr
    assert server.requests[0].status == 128


def test_killed_client_ends_its_service(server: GitSshServer, api: ForgeRepo) -> None:
    where = ["-p", str(server.port), "ada@127.0.0.1", f"git-upload-pack '/{api.name}.git'"]
    command = [*shlex.split(server.command()), *where]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdout
        assert client.stdout.read(4)
        client.kill()
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.005)
    assert server.count("api", "upload-pack") == 1


def test_end_cuts_a_client_that_waits(forge: Forge, api: ForgeRepo) -> None:
    with GitSshServer(forge.remotes, forge.root / "ssh") as server:
        where = ["-p", str(server.port), "ada@127.0.0.1", f"git-upload-pack '/{api.name}.git'"]
        client = subprocess.Popen(
            [*shlex.split(server.command()), *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert client.stdout
        assert client.stdout.read(4)
    with client:
        assert client.wait(30) == 255


def test_missing_client_is_said_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    server = GitSshServer(tmp_path, tmp_path)
    with pytest.raises(FileNotFoundError, match="need the ssh client"):
        server.__enter__()
