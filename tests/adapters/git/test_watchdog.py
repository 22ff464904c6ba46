"""If multigit is killed, what it started ends by its deadline, and no other process does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.git.watchdog import ProcessGroup, watch
from multigit.adapters.system import processes
from tests.support.patience import until

STUBBORN = "trap '' TERM; sleep 60 & echo $! >{file}.new; mv {file}.new {file}; wait; wait"
WAIT = "until [ -e {gate} ]; do sleep 0.02; done"
PARENT = """
import os, signal, subprocess, sys
from multigit.adapters.git.watchdog import watched

sys.executable = sys.argv[4]
child = subprocess.Popen(["sh", "-c", sys.argv[1]], start_new_session=True)
with watched(child.pid, float(sys.argv[2])):
    if sys.argv[3] == "kill":
        print(child.pid, flush=True)
        signal.pause()
    child.wait()
print(child.pid, flush=True)
os._exit(0)
"""


def parent(
    script: str, seconds: float, act: str, python: str = sys.executable
) -> tuple[subprocess.Popen[str], int]:
    """Start a process that runs a script under the watchdog; return it and the script's id.

    The watchdog uses `python` if multigit ends before the script.
    """
    command = [sys.executable, "-c", PARENT, script, str(seconds), act, python]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, int(process.stdout.readline())


def there(pid: int) -> bool:
    """Return whether a process is running."""
    process = processes.identity(pid)
    return process is not None and processes.signal(process, 0)


def watchdogs(python: Path) -> set[int]:
    """Return the processes that have this Python on their command line."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(python) in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_what_outlives_its_parent_ends_by_its_deadline(tmp_path: Path) -> None:
    """So does all that it started, even if it ignores SIGTERM; nothing ends before that."""
    file = tmp_path / "helper"
    process, child = parent(STUBBORN.format(file=file), 3.0, "kill")
    began = time.monotonic()
    until(file.exists)
    helper = int(file.read_text())
    process.kill()
    process.communicate()
    until(lambda: not there(child))
    assert time.monotonic() > began + 2.5
    until(lambda: not there(helper))


@pytest.mark.skipif(not processes.PROC.is_dir(), reason="processes are found in /proc")
@pytest.mark.parametrize("act", ["wait", "kill"])
def test_nothing_is_started_when_nothing_is_at_work(tmp_path: Path, act: str) -> None:
    """The watching shell ends with its parent, and starts a Python only if git is still running."""
    became = tmp_path / "became"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ntouch {became}\n", "utf-8")
    python.chmod(0o755)
    gate = tmp_path / "gate"
    if act == "wait":
        gate.touch()
    process, child = parent(WAIT.format(gate=gate), 60.0, act, str(python))
    process.kill()
    process.wait()
    if act == "kill":
        until(became.exists)
        gate.touch()
    process.communicate()
    until(lambda: not there(child) and not watchdogs(python))
    assert became.exists() is (act == "kill")


def test_what_ends_in_time_is_left_alone(tmp_path: Path) -> None:
    """The process finishes its work."""
    file, gate = tmp_path / "done", tmp_path / "gate"
    process, child = parent(f"{WAIT.format(gate=gate)}; touch {file}", 60.0, "kill")
    process.kill()
    process.wait()
    gate.touch()
    process.communicate()
    until(file.exists)
    until(lambda: not there(child))


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that leads a group of its own."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_stranger_with_the_same_number_is_left_alone(stranger: subprocess.Popen[bytes]) -> None:
    """It is not signalled, since it started at another time."""
    now = time.time()
    watch([ProcessGroup(stranger.pid, "at another time", time.monotonic() - 60, now - 60)])
    assert stranger.poll() is None


def test_a_machine_that_slept_has_no_time_left(stranger: subprocess.Popen[bytes]) -> None:
    """The monotonic clock stops during sleep, so the deadline is also kept by the other clock."""
    told = ProcessGroup.parse(f"{stranger.pid},{time.time() + 60},")
    watch([replace(told, until=time.time() - 1)])
    assert stranger.poll() == -signal.SIGTERM
