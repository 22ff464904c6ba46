"""Where the token for GitHub comes from: the environment, or the GitHub CLI."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from multigit.adapters.github.slug import api_address, web_host
from multigit.errors import RefusedError

VARIABLES = ("MULTIGIT_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
DEADLINE = 10.0  # seconds
_TOKEN = re.compile(r"[\x21-\x7e]+")


def find_token(
    environment: Mapping[str, str], *, host: str = "", deadline: float = DEADLINE
) -> str:
    """Return the first token of MULTIGIT_TOKEN, GH_TOKEN, GITHUB_TOKEN and `gh auth token`.

    `host` is GitHub's web host; without it the one of GITHUB_API_URL counts. `deadline` is in
    seconds. Raises RefusedError when there is none.
    """
    for name in VARIABLES:
        if token := environment.get(name, "").strip():
            return checked_token(token, f"{name} holds")
    host = host or web_host(api_address(environment.get("GITHUB_API_URL", "")))
    if token := _from_gh(host, environment, deadline):
        return checked_token(token, "gh auth token gives")
    login = "gh auth login" if host == "github.com" else f"gh auth login --hostname {host}"
    raise RefusedError(
        f"there is no token for {host}.",
        hint=f"Put one into MULTIGIT_TOKEN, or run: {login}",
        code="no_token",
    )


def checked_token(token: str, source: str) -> str:
    """Return the token; raises RefusedError, without it, when it could not be sent as one."""
    if _TOKEN.fullmatch(token):
        return token
    raise RefusedError(
        f"{source} something that is no token.",
        hint="Put a token of GitHub, on one line, into MULTIGIT_TOKEN.",
        code="no_token",
    )


def _from_gh(host: str, environment: Mapping[str, str], deadline: float) -> str:
    """Ask the GitHub CLI, which may ask nobody; empty when it is not there or knows none."""
    try:
        process = subprocess.Popen(  # noqa: S603
            ["gh", "auth", "token", "--hostname", host],  # noqa: S607  (the user's own gh)
            env={**environment, "GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return ""
    with process:
        try:
            said, _ = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            said = b""
        finally:
            _end(process)
    return said.decode("utf-8", "replace").strip() if process.returncode == 0 else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the process and of all that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
