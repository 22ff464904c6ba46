"""A process with everything that it started is found, and ended as far as the system permits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.adapters.system import process_tree, processes
from multigit.adapters.system.process_tree import descendants, end_all, still_running
from multigit.adapters.system.processes import Seen
from tests.support.patience import until

WAYS = ["proc", "ps"] if Path("/proc/self/stat").exists() else ["ps"]
LEAVES_ITS_GROUP = "import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(60)"


@pytest.fixture(params=WAYS, autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read processes in each way that the system offers."""
    if request.param == "ps":
        monkeypatch.setattr(processes, "PROC", Path("/nowhere"))


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, set[int]]]:
    """Return a process, its mark, and what it started: a child, and an orphan that left."""
    mark = f"MULTIGIT_RUN={tmp_path}"
    script = 'sleep 60 & echo $!; ("$0" -c "$1" &) ; wait'
    with subprocess.Popen(
        ["sh", "-c", script, sys.executable, LEAVES_ITS_GROUP],
        env=os.environ | {"MULTIGIT_RUN": str(tmp_path)},
        start_new_session=True,
        stdout=subprocess.PIPE,
    ) as root:
        assert root.stdout
        numbers = {int(root.stdout.readline()) for _ in range(2)}
        started = [processes.identity(pid) for pid in numbers]
        yield root, mark, numbers
        for each in filter(None, started):
            processes.signal(each, signal.SIGKILL)
        root.kill()


def numbers_of(found: tuple[Seen, ...]) -> set[int]:
    """Return the ids of processes."""
    return {each.process.pid for each in found}


def test_everything_is_found(tree: tuple[subprocess.Popen[bytes], str, set[int]]) -> None:
    """The child by its parent, and the orphan by its mark; not the root itself."""
    root, mark, started = tree
    found = descendants(root.pid, mark)
    assert numbers_of(found) == started
    assert "sleep" in {each.name for each in found}
    root.kill()
    root.wait()
    assert numbers_of(descendants(root.pid, mark)) == started  # the child has the mark, too


def test_looking_finds_nothing_that_it_started_itself() -> None:
    """The ps that lists the processes is a child of the process that looks for its own."""
    assert "ps" not in {each.name for each in descendants(os.getpid(), "MULTIGIT_RUN=none")}


def test_everything_is_ended(tree: tuple[subprocess.Popen[bytes], str, set[int]]) -> None:
    """Nothing is left, and the root is not signaled."""
    root, mark, _ = tree

    def find() -> tuple[Seen, ...]:
        return descendants(root.pid, mark)

    assert end_all(find, grace=5.0, pause=lambda _: None) == ()
    assert find() == ()
    assert root.poll() in {None, 0}


def test_what_cannot_be_ended_is_returned(
    tree: tuple[subprocess.Popen[bytes], str, set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses signals to processes of other users; each is tried once with each."""
    root, mark, started = tree
    sent: list[tuple[int, int]] = []

    def refuse(pid: int, number: int) -> None:
        sent.append((pid, number))
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(process_tree, "LAST", 0.0)
        patch.setattr(os, "kill", refuse)
        left = end_all(lambda: descendants(root.pid, mark), grace=0.0, pause=lambda _: None)
    assert numbers_of(left) == started
    kinds = (signal.SIGTERM, signal.SIGCONT, signal.SIGKILL, signal.SIGCONT)
    assert sorted(sent) == sorted((pid, number) for pid in started for number in kinds)


def test_a_process_that_ended_is_not_running(
    tree: tuple[subprocess.Popen[bytes], str, set[int]],
) -> None:
    """Even if its parent has not noticed yet, and even if another one has its number."""
    root, _, _ = tree
    process = processes.identity(root.pid)
    assert process
    assert processes.is_running(process)
    assert not processes.is_running(process._replace(started="at another time"))
    root.kill()
    until(lambda: not processes.is_running(process))
    assert processes.identity(root.pid)


def test_processes_are_named_in_a_sentence() -> None:
    """Their names are harmless, and a long list is cut."""
    assert still_running([(17, "sl\x1beep")]) == "process 17 (sl\\x1beep) is still running."
    assert still_running([(9, "b"), (7, "a")]) == "processes 7 (a), 9 (b) are still running."
    many = [(pid, "sh") for pid in range(5)]
    assert still_running(many).endswith("2 (sh) and 2 more are still running.")
