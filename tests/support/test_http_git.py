"""The git server over http requires a password and serves what git's own server would."""

from __future__ import annotations

import base64
import os
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from .forge import Forge, ForgeRepo
from .gitenv import GitFailedError, git
from .http_git import GitHttpServer


@pytest.fixture
def server(forge: Forge, api: ForgeRepo) -> Iterator[GitHttpServer]:
    assert api.bare.parent == forge.remotes
    with GitHttpServer(forge.remotes, "ada", "sesame & co") as running:
        yield running


def _login(user: str, password: str) -> str:
    code = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"http.extraHeader=Authorization: Basic {code}"


LOGIN = _login("ada", "sesame & co")


def test_server_demands_the_password(server: GitHttpServer, tmp_path: Path) -> None:
    for options in ((), ("-c", _login("ada", "wrong"))):
        with pytest.raises(
            GitFailedError, match=r"(could not read Username|Authentication failed)"
        ):
            git(tmp_path, *options, "ls-remote", server.url("api"))
    assert {request.status for request in server.requests} == {401}
    assert "refs/heads/main" in git(tmp_path, "-c", LOGIN, "ls-remote", server.url("api"))
    assert git(tmp_path, "ls-remote", server.url("api", with_password=True), "main")


def _through(repo: ForgeRepo, server: GitHttpServer) -> ForgeRepo:
    repo.use_url(server.url(repo.name))
    assert repo.git("remote", "get-url", "origin").startswith("http://127.0.0.1:")
    return repo


def test_server_clones_fetches_and_pushes(
    server: GitHttpServer, api: ForgeRepo, tmp_path: Path
) -> None:
    """A push larger than http.postBuffer is sent in chunks, a long negotiation is gzipped."""
    git(tmp_path, "-c", LOGIN, "clone", "--quiet", "--branch", "dev", server.url("api"), "copy")
    clone = _through(api, server)
    for number in range(30):
        clone.git("commit", "--quiet", "--allow-empty", "--message", f"{number}")
    seen = api.commit("stg", {"a": "1"})
    clone.git("-c", LOGIN, "fetch", "--quiet")
    assert clone.local_refs()["refs/remotes/origin/stg"] == seen
    sha = clone.local_commit({"big.bin": os.urandom(2_000_000)})
    clone.git("-c", LOGIN, "push", "--quiet", "origin", f"{sha}:refs/heads/dev")
    assert api.tip("dev") == sha
    assert server.count("api", "upload-pack") >= 4
    assert server.connections("api", "receive-pack") == 1
    assert {request.method for request in server.requests} == {"GET", "POST"}
    assert server.count("web") == 0
    assert server.count() == len(server.requests)


def test_server_tells_hooks_the_user(server: GitHttpServer, api: ForgeRepo) -> None:
    hook = api.bare / "hooks/update"
    hook.write_text('#!/bin/sh\necho "hello $REMOTE_USER" >&2; exit 1\n')
    hook.chmod(0o755)
    sha = api.local_commit({"a": "1"})
    with pytest.raises(GitFailedError, match="remote: hello ada"):
        api.git("-c", LOGIN, "push", server.url("api"), f"{sha}:refs/heads/dev")


def test_server_passes_the_protocol_version_on(server: GitHttpServer) -> None:
    url = server.url("api") + "/info/refs?service=git-upload-pack"
    code = LOGIN.rpartition(" ")[2]
    headers = {"Git-Protocol": "version=2", "Authorization": f"Basic {code}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        assert b"version 2" in answer.read()


def test_server_answers_many_at_once(server: GitHttpServer, tmp_path: Path) -> None:
    def list_remote(_: int) -> str:
        return git(tmp_path, "-c", LOGIN, "ls-remote", server.url("api"))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(list_remote, range(16)))) == 1
    assert server.connections("api") == 16


def test_server_answers_404_for_an_unknown_repository(
    server: GitHttpServer, tmp_path: Path
) -> None:
    with pytest.raises(GitFailedError, match="not found"):
        git(tmp_path, "-c", LOGIN, "ls-remote", server.url("nothing"))
    assert server.requests[-1] == replace(server.requests[-1], repo="nothing", status=404)
