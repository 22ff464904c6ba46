"""Where the token for GitHub comes from: the environment, or the GitHub CLI."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from multigit.errors import RefusedError
from multigit.phrase import phrase

VARIABLES = ("MULTIGIT_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
DEADLINE = 10.0  # seconds
_TOKEN = re.compile(r"[\x21-\x7e]+")


def find_token(environment: Mapping[str, str], host: str, *, deadline: float = DEADLINE) -> str:
    """Return the first token of MULTIGIT_TOKEN, GH_TOKEN, GITHUB_TOKEN and `gh auth token`.

    `host` is GitHub's web host, `deadline` is in seconds. Raises RefusedError if there is none.
    """
    for name in VARIABLES:
        if token := environment.get(name, "").strip():
            return checked_token(token, name)
    if token := _from_gh(host, environment, deadline):
        return checked_token(token, "the output of gh auth token")
    login = "gh auth login" if host == "github.com" else f"gh auth login --hostname {host}"
    hint = phrase("Set MULTIGIT_TOKEN, or run: `{login}`", login=login)
    raise RefusedError(f"there is no token for {host}.", hint=hint, code="no_token")


def checked_token(token: str, source: str) -> str:
    """Return the token; raises RefusedError, which does not show it, if it cannot be sent."""
    if _TOKEN.fullmatch(token):
        return token
    hint = "Set MULTIGIT_TOKEN to a GitHub token, on one line."
    raise RefusedError(f"{source} is not a valid token.", hint=hint, code="no_token")


def _from_gh(host: str, environment: Mapping[str, str], deadline: float) -> str:
    """Ask the GitHub CLI, without prompts; empty if it is not installed or has no token."""
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
            output, _ = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            output = b""
        finally:
            _end(process)
    return output.decode("utf-8", "replace").strip() if process.returncode == 0 else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, and all that it started, if it is still running."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
