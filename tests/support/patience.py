"""Waiting for what another process or thread does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

HEARD = Path(__file__).with_name("heard")  # a program for hooks; see `heard`
LONG = 30.0  # seconds after which nothing more is going to happen


def until(seen: Callable[[], bool]) -> None:
    """Wait until `seen` is true."""
    end = time.monotonic() + LONG
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.02)


def heard(pid: int) -> None:
    """Wait until a process has received every signal that was sent to it, or has ended."""
    subprocess.run([HEARD, str(pid)], check=True, timeout=LONG)
