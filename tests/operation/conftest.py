"""What tests of operations share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from multigit.operation.interrupts import INTERRUPTS


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Give back the signals that an operation takes for the rest of its process."""
    before = {each: signal.getsignal(each) for each in INTERRUPTS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)
