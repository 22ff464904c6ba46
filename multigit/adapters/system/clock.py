"""The clock, random ids, and the user and machine that multigit runs on."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import threading
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from multigit.adapters.system.actors import kind_of_actor
from multigit.core.values.agreement import Actor
from multigit.core.values.start_time import StartTime


def now(timezone: str) -> StartTime:
    """Return the current time in the workspace's timezone, with four random hex digits."""
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)  # UTC needs no tz database
    return StartTime(datetime.now(zone).replace(microsecond=0), secrets.token_hex(2))


def nonce() -> str:
    """Return sixteen random hex digits."""
    return secrets.token_hex(8)


def utc_now() -> str:
    """Return the current second in UTC, in the log's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def actor(identity: str) -> Actor:
    """Return who runs this; `identity` is the committer of the repositories."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = ""
    kind = kind_of_actor(os.environ)
    return Actor(identity=identity or user, user=user, host=socket.gethostname(), kind=kind)


class SystemClock:
    """The machine's clock, behind the engine's port."""

    def now(self) -> float:
        """Return the Unix time."""
        return time.time()

    def elapsed(self) -> float:
        """Return seconds from some start on, which never go backward."""
        return time.monotonic()

    def wait(self, seconds: float, leave: threading.Event) -> None:
        """Wait for some seconds, or until `leave` is set."""
        leave.wait(seconds)
