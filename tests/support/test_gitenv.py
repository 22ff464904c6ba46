"""The tests' environment has nothing of the machine, and git's answers come back unchanged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .gitenv import GitFailedError, as_bytes, base_environment, git, init


def test_environment_holds_nothing_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calling hook's GIT_DIR, tokens, proxies and editors are left out."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "MULTIGIT_TOKEN", "GH_TOKEN", "http_proxy", "EDITOR"):
        monkeypatch.setenv(name, "leftover")
    environment = base_environment(tmp_path / "home")
    assert "leftover" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert git(tmp_path, "var", "GIT_AUTHOR_IDENT", env=environment).startswith(
        "Ada Lovelace <ada@example.org>"
    )


def test_git_failure_tells_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match="not a git repository"):
        git(tmp_path, "status")
    assert git(tmp_path, "status", check=False) == ""


def test_git_output_keeps_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    init(tmp_path)
    sha = git(tmp_path, "hash-object", "-w", "--stdin", input=b"\xff\n\n")
    assert as_bytes(git(tmp_path, "cat-file", "blob", sha)) == b"\xff\n"


@pytest.mark.parametrize("bare", [True, False])
def test_repository_without_a_process_is_one_for_git(tmp_path: Path, *, bare: bool) -> None:
    init(tmp_path / "ours", bare=bare)
    git(tmp_path, "init", "--quiet", *(("--bare",) if bare else ()), "theirs")
    for command in (("rev-parse", "--is-bare-repository"), ("config", "--local", "--list")):
        assert git(tmp_path / "ours", *command) == git(tmp_path / "theirs", *command)
    git(tmp_path / "ours", "fsck", "--strict")
