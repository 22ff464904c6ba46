"""Where the token comes from, and that it shows nowhere."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from multigit.adapters.github.token import find_token
from multigit.errors import RefusedError

CANARY = "ghp_canary"
ENTERPRISE = "https://ghe.example.com/api/v3"


def with_gh(folder: Path, script: str) -> dict[str, str]:
    """Return an environment whose `gh` is this script; it notes its arguments."""
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n{script}\n')
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def asked(folder: Path) -> str:
    """Return the arguments with which `gh` was called."""
    return (folder / "asked").read_text().strip()


def test_the_first_variable_that_is_set_counts(tmp_path: Path) -> None:
    """The own one first; an empty one is not set."""
    environment = {"GITHUB_TOKEN": "c", "GH_TOKEN": "b", "MULTIGIT_TOKEN": "a"}
    assert find_token(environment) == "a"
    assert find_token({**environment, "MULTIGIT_TOKEN": " "}) == "b"
    assert find_token({"GITHUB_TOKEN": "c\n"}) == "c"
    assert not (tmp_path / "asked").exists()


def test_the_github_cli_is_asked_last(tmp_path: Path) -> None:
    """For the host that is configured."""
    environment = with_gh(tmp_path, f"echo {CANARY}")
    assert find_token(environment) == CANARY
    assert asked(tmp_path) == "auth token --hostname github.com"
    assert find_token({**environment, "GITHUB_API_URL": ENTERPRISE}) == CANARY
    assert asked(tmp_path) == "auth token --hostname ghe.example.com"
    find_token(environment, host="acme.ghe.com")
    assert asked(tmp_path) == "auth token --hostname acme.ghe.com"


def test_the_github_cli_may_ask_nobody(tmp_path: Path) -> None:
    """It has no standard input and is told not to prompt."""
    environment = with_gh(tmp_path, 'read line; echo "$GH_PROMPT_DISABLED$line"')
    assert find_token(environment) == "1"


@pytest.mark.parametrize("script", ["exit 1", f"echo {CANARY}; exit 4", "true", "kill -9 $$"])
def test_without_a_token_it_says_how_to_get_one(tmp_path: Path, script: str) -> None:
    """For the host that is meant."""
    environment = with_gh(tmp_path, script)
    with pytest.raises(RefusedError) as caught:
        find_token({**environment, "GITHUB_API_URL": ENTERPRISE})
    error = caught.value
    assert (error.code, error.message) == ("no_token", "there is no token for ghe.example.com.")
    assert error.hint.endswith("gh auth login --hostname ghe.example.com")
    assert CANARY not in repr(error)


def test_without_the_github_cli_it_says_so_too(tmp_path: Path) -> None:
    """It need not be installed."""
    with pytest.raises(RefusedError) as caught:
        find_token({"PATH": str(tmp_path)})
    assert caught.value.hint == "Put one into MULTIGIT_TOKEN, or run: gh auth login"


def test_a_github_cli_that_hangs_is_ended(tmp_path: Path) -> None:
    """With all that it started, which holds its output open."""
    environment = with_gh(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; sleep 60")
    begin = time.monotonic()
    with pytest.raises(RefusedError):
        find_token(environment, deadline=0.3)
    assert time.monotonic() - begin < 10
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    while child.exists() and child.read_text().split()[2] != "Z":
        assert time.monotonic() - begin < 20
        time.sleep(0.01)


@pytest.mark.parametrize("token", [f"{CANARY} x", f"{CANARY}\nx", f"{CANARY}ü", f"{CANARY}\x1b"])
def test_what_could_not_be_sent_is_refused_unshown(token: str) -> None:
    """It names the variable, not what it holds."""
    with pytest.raises(RefusedError) as caught:
        find_token({"GH_TOKEN": token})
    assert (caught.value.code, "GH_TOKEN holds" in caught.value.message) == ("no_token", True)
    assert CANARY not in f"{caught.value!r}{caught.value.hint}"
