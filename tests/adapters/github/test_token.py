"""Where the token comes from, and that it is never shown."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from multigit.adapters.github.token import find_token
from multigit.errors import RefusedError

CANARY = "ghp_canary"
HOST, ENTERPRISE = "github.com", "ghe.example.com"


def with_gh(folder: Path, script: str) -> dict[str, str]:
    """Return an environment in which `gh` is this script and records its arguments."""
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n{script}\n')
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def asked(folder: Path) -> str:
    """Return the arguments with which `gh` was called."""
    return (folder / "asked").read_text().strip()


def test_the_first_variable_that_is_set_counts(tmp_path: Path) -> None:
    """Multigit's own variable comes first, and an empty one counts as unset."""
    environment = {"GITHUB_TOKEN": "c", "GH_TOKEN": "b", "MULTIGIT_TOKEN": "a"}
    assert find_token(environment, HOST) == "a"
    assert find_token({**environment, "MULTIGIT_TOKEN": " "}, HOST) == "b"
    assert find_token({"GITHUB_TOKEN": "c\n"}, HOST) == "c"
    assert not (tmp_path / "asked").exists()


def test_the_github_cli_is_asked_last(tmp_path: Path) -> None:
    """It is asked for the configured host."""
    environment = with_gh(tmp_path, f"echo {CANARY}")
    assert find_token(environment, HOST) == CANARY
    assert asked(tmp_path) == "auth token --hostname github.com"
    assert find_token(environment, ENTERPRISE) == CANARY
    assert asked(tmp_path) == "auth token --hostname ghe.example.com"


def test_the_github_cli_must_not_prompt(tmp_path: Path) -> None:
    """It gets no standard input, and prompts are disabled."""
    environment = with_gh(tmp_path, 'read line; echo "$GH_PROMPT_DISABLED$line"')
    assert find_token(environment, HOST) == "1"


@pytest.mark.parametrize("script", ["exit 1", f"echo {CANARY}; exit 4", "true", "kill -9 $$"])
def test_without_a_token_the_hint_says_how_to_get_one(tmp_path: Path, script: str) -> None:
    """It names the configured host."""
    environment = with_gh(tmp_path, script)
    with pytest.raises(RefusedError) as caught:
        find_token(environment, ENTERPRISE)
    error = caught.value
    assert (error.code, error.message) == ("no_token", "there is no token for ghe.example.com.")
    assert error.hint.endswith("gh auth login --hostname ghe.example.com")
    assert CANARY not in repr(error)


def test_without_the_github_cli_the_hint_is_the_same(tmp_path: Path) -> None:
    """If it is not installed, the same error is raised as when it is logged out."""
    with pytest.raises(RefusedError) as caught:
        find_token({"PATH": str(tmp_path)}, HOST)
    assert caught.value.hint == "Set MULTIGIT_TOKEN, or run: gh auth login"


def test_a_github_cli_that_hangs_is_killed(tmp_path: Path) -> None:
    """All processes that it started and that keep its output open are killed, too."""
    environment = with_gh(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; sleep 60")
    begin = time.monotonic()
    with pytest.raises(RefusedError):
        find_token(environment, HOST, deadline=0.3)
    assert time.monotonic() - begin < 10
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    while child.exists() and child.read_text().split()[2] != "Z":
        assert time.monotonic() - begin < 20
        time.sleep(0.01)


@pytest.mark.parametrize("token", [f"{CANARY} x", f"{CANARY}\nx", f"{CANARY}ü", f"{CANARY}\x1b"])
def test_a_token_that_cannot_be_sent_is_refused(token: str) -> None:
    """The message names the variable, and does not show its value."""
    with pytest.raises(RefusedError) as caught:
        find_token({"GH_TOKEN": token}, HOST)
    assert (caught.value.code, "GH_TOKEN is not" in caught.value.message) == ("no_token", True)
    assert CANARY not in f"{caught.value!r}{caught.value.hint}"
