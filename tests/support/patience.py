"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 30.0  # seconds after which nothing more is going to happen


def until(seen: Callable[[], bool]) -> None:
    """Wait until something is to be seen."""
    end = time.monotonic() + LONG
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.02)
