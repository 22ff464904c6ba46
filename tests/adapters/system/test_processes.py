"""Processes are identified by id and start time, so that no other one is ever signalled."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.adapters.system import processes
from multigit.adapters.system.processes import Process, identity, recorded
from tests.support.patience import until

WAYS = ["proc", "ps"] if Path("/proc/self/stat").exists() else ["ps"]


@pytest.fixture(params=WAYS, autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read processes in each way that the system offers."""
    if request.param == "ps":
        monkeypatch.setattr(processes, "PROC", Path("/nowhere"))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that leads a group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def alive(process: Process) -> bool:
    """Return whether the process can be signalled, without affecting it."""
    return processes.signal(process, 0)


def known(pid: int) -> Process:
    """Return the identity of a process that exists."""
    found = identity(pid)
    assert found
    return found


def test_a_process_is_the_same_at_each_look(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its identity is independent of language and time zone, and can be read back from a file."""
    first = known(sleeper.pid)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert identity(sleeper.pid) == first
    assert recorded(f"{first}\n") == first
    assert alive(first)


def test_a_signal_reaches_the_very_process(sleeper: subprocess.Popen[bytes]) -> None:
    """The process ends; a zombie counts as ended."""
    process = known(sleeper.pid)
    assert processes.signal(process, signal.SIGTERM)
    until(lambda: not alive(process))
    assert not processes.signal(process, signal.SIGTERM)
    assert sleeper.wait() == -signal.SIGTERM
    assert identity(sleeper.pid) is None


def test_another_process_of_the_same_number_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    """A signal for a former process with this id does not reach this one."""
    former = known(sleeper.pid)._replace(started="at another time")
    assert not alive(former)
    assert not processes.signal(former, signal.SIGKILL)
    assert sleeper.poll() is None


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_there_is_no_such_process(pid: int) -> None:
    """Numbers with a special meaning for the system are not the id of a process."""
    assert identity(pid) is None
    assert not alive(Process(pid, ""))
    assert not processes.signal(Process(pid, ""), 0)


@pytest.mark.parametrize("text", ["", "17", "17 ", "x 1", "-1 1", "0x11 1", "9" * 5000 + " 1"])
def test_what_names_no_process(text: str) -> None:
    """An id alone is not enough, since another process may have it by now."""
    assert recorded(text) is None
