"""One workshop for all tests of a process, with templates that the whole test run shares."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.shared import shared
from tests.torture.cases import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return the workshop."""
    return Workshop(tmp_path_factory.mktemp("torture"), shared(tmp_path_factory, "scenes"))


@pytest.fixture(autouse=True)
def _signals_arrive() -> Iterator[None]:
    """Let the programs that we start receive Ctrl-C and the like, even if we must ignore them."""
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGHUP, hang_up)
