"""A wait ends once its event has happened, and not before."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.patience import HEARD, heard, until

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="nothing is told in /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that is stopped."""
    with subprocess.Popen(["sleep", "60"]) as process:
        process.send_signal(signal.SIGSTOP)
        until(lambda: "T (stopped)" in Path(f"/proc/{process.pid}/status").read_text())
        yield process
        process.kill()


def test_a_signal_is_heard_when_it_was_taken(sleeper: subprocess.Popen[bytes]) -> None:
    """A stopped process receives none; one that a signal has killed has received it."""
    heard(sleeper.pid)
    sleeper.terminate()
    with subprocess.Popen([HEARD, str(sleeper.pid)]) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=0.1)
        sleeper.send_signal(signal.SIGCONT)
        assert waiting.wait() == 0
    assert sleeper.wait() == -signal.SIGTERM
    heard(sleeper.pid)


def test_who_was_killed_hears_nothing_any_more(sleeper: subprocess.Popen[bytes]) -> None:
    """Even if no one has asked for its status yet."""
    sleeper.kill()
    heard(sleeper.pid)
    assert sleeper.wait() == -signal.SIGKILL
