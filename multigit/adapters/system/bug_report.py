"""A bug report: what a maintainer has to know, in a text that a user may pass on.

It has versions and the traceback, never the values of variables. It is written when something is
wrong with multigit itself, so it depends on as little as possible, and another error loses a part
of the report, not all of it.
"""

from __future__ import annotations

import platform
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata

from multigit import DISTRIBUTION, __version__
from multigit.adapters.system.environment import secrets
from multigit.adapters.system.programs import shell_output
from multigit.core.values.text import harmless, masked, redacted

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of a requirement, before its versions


def report(error: BaseException, command: str, environment: Mapping[str, str]) -> str:
    """Return the report: versions and a traceback, without secrets and control characters."""
    lines = (
        "A bug in multigit. Read this before you pass it on: passwords in URLs and the values of",
        "variables that are named like secrets are masked; paths and names are not.",
        "",
        f"time       {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"command    {command or 'none'}",
        f"multigit   {__version__}",
        f"Python     {_one_line(sys.version)}",
        f"git        {_known(_git) or 'unknown'}",
        f"platform   {_known(platform.platform)}",
        f"libraries  {_known(lambda: ', '.join(_libraries()))}",
        "",
        *traceback.format_exception(error),
    )
    return without_secrets("\n".join(line.rstrip("\n") for line in lines) + "\n", environment)


def in_short(error: BaseException, environment: Mapping[str, str]) -> str:
    """Return the type and the message of an error, on one line."""
    return without_secrets(_one_line("".join(traceback.format_exception_only(error))), environment)


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """Return the text without secrets and control characters."""
    return harmless(masked(redacted(text, secrets(environment))))


def _git() -> str:
    return shell_output("git --version").removeprefix("git version ")


def _libraries() -> Iterator[str]:
    """Yield each library that multigit or one of its extras requires, with its version."""
    for required in metadata.requires(DISTRIBUTION) or ():
        if name := _NAME.match(required):
            try:
                yield f"{name[0]} {metadata.version(name[0])}"
            except metadata.PackageNotFoundError:
                yield f"{name[0]} none"


def _known(read: Callable[[], str]) -> str:
    """Return a fact on one line, or why it is unknown."""
    try:
        return _one_line(read())
    except Exception as error:  # noqa: BLE001  (the report is about another error)
        return f"unknown ({type(error).__name__})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
