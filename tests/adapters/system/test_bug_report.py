"""A bug report has what a maintainer needs, and no secrets."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

from multigit import __version__
from multigit.adapters.system.bug_report import in_short, report

CANARY = "s3cr3t-canary-of-the-user"


def failed(message: str) -> Exception:
    """Return an error that was raised because of another one, with secrets in local variables."""
    try:
        fail(message, "local-" + CANARY)
    except LookupError as error:
        return error
    raise AssertionError


def fail(message: str, hidden: str) -> None:
    """Raise an error that has a cause."""
    cause = ValueError(message)
    raise KeyError(len(hidden)) from cause


def test_it_holds_versions_and_where_the_error_came_from() -> None:
    """Versions, the command, and the traceback of the error and its cause are included."""
    text = report(failed("the cause"), "promote", {})
    git = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout
    for part in (
        f"multigit   {__version__}",
        f"Python     {sys.version.split()[0]}",
        f"git        {git.removeprefix('git version ')}",
        f"typer {metadata.version('typer')}",
        f"apprise {metadata.version('apprise')}",
        "command    promote",
        "ValueError: the cause",
        "The above exception was the direct cause",
        "in fail\n",
    ):
        assert part in text


def test_it_holds_no_secrets_and_steers_no_terminal() -> None:
    """Passwords in URLs, values of secret-looking variables and local variables are left out."""
    environment = {"DEPLOY_TOKEN": CANARY, "PLAIN": "plainly-shown"}
    error = failed(
        f"no https://ada:{CANARY}@host/x?token={CANARY} {CANARY} plainly-shown \x1b[2J\u202e"
    )
    for text in (
        report(error, "status", environment),
        in_short(error.__cause__ or error, environment),
    ):
        assert CANARY not in text
        assert not {"\x1b", "\u202e"} & set(text)
    assert "ValueError: no https://***@host/x?token=*** *** plainly-shown \\x1b[2J\\u202e" in text


def test_what_cannot_be_known_does_not_lose_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without metadata or without git is reported as unknown."""

    def unknown(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", unknown)
    monkeypatch.setenv("PATH", "/nowhere")
    text = report(failed("x"), "", {})
    assert "libraries  unknown (PackageNotFoundError)" in text
    assert "git        unknown" in text
    assert "command    none" in text
    assert "KeyError" in text


def test_an_error_that_cannot_be_shown() -> None:
    """The report names its class if its text cannot be read."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "MuteError" in report(MuteError(), "status", {})
    assert "MuteError" in in_short(MuteError(), {})
