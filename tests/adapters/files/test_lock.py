"""The lock of a workspace: one process holds it, others may check it, and it cannot go stale."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from multigit.adapters.files.holding import holding, is_held
from multigit.adapters.files.lock import exclusive, require_usable, running
from multigit.errors import LockedError, RefusedError
from tests.support.patience import until
from tests.support.unprivileged import NOBODY, ROOT, unprivileged

HOLDER = {"user": "ada", "host": "here", "pid": "17", "command": "promote", "since": "noon"}
AT_WORK = "ada has been running multigit promote here since noon (process 17 on here)."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder like .multigit."""
    folder = tmp_path / ".multigit"
    folder.mkdir()
    return folder


@contextmanager
def asking(question: Callable[[], object]) -> Iterator[None]:
    """Ask a question from several threads, as often as possible, while the block runs."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            question()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_whoever_asks_is_in_nobodys_way(folder: Path) -> None:
    """However many processes check the lock, an operation can always take it."""
    (folder / "lock").touch()
    with asking(lambda: running(folder)):
        for _ in range(150):
            with exclusive(folder, HOLDER):
                pass


def test_whoever_asks_about_a_supervisor_is_in_nobodys_way(tmp_path: Path) -> None:
    """Checks do not keep a supervisor from taking its lock, nor take each other for one."""
    file = tmp_path / "alive"
    file.touch()
    wrong = list[bool]()
    with asking(lambda: wrong.append(True) if is_held(file) else None):
        threading.Event().wait(0.2)
    assert not wrong
    with asking(lambda: is_held(file)):
        for _ in range(150):
            with holding(file):
                pass


def test_one_holds_it_and_the_others_hear_who(folder: Path) -> None:
    """A second attempt in the same process is refused, too; afterwards the lock is free."""
    assert running(folder) == ""
    with exclusive(folder, HOLDER):
        assert running(folder) == AT_WORK
        with pytest.raises(LockedError, match="process 17"), exclusive(folder, {}):
            pass
        assert running(folder) == AT_WORK
    assert running(folder) == ""
    with exclusive(folder, HOLDER):
        pass


def test_it_ends_with_its_process(folder: Path) -> None:
    """The lock is released even if the process is killed."""
    script = (
        "import sys, time, pathlib; from multigit.adapters.files.lock import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1]), {'user': 'ada'}): time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, folder]) as holder:
        until(lambda: running(folder) != "")
        with pytest.raises(LockedError), exclusive(folder, HOLDER):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    assert running(folder) == ""
    with exclusive(folder, HOLDER):
        pass


def test_a_lock_that_somebody_deleted_still_keeps_others_out(folder: Path) -> None:
    """A second file is locked as well."""
    with exclusive(folder, HOLDER):
        (folder / "lock").unlink()
        with pytest.raises(LockedError), exclusive(folder, HOLDER):
            pass


def put(kind: str, file: Path) -> None:
    """Put something else where a regular file belongs."""
    match kind:
        case "folder":
            file.mkdir()
        case "fifo":
            os.mkfifo(file)
        case "link to itself":
            file.symlink_to(file)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(os.path.relpath(file))


@pytest.mark.parametrize("name", ["lock", "lock.json"])
@pytest.mark.parametrize("kind", ["folder", "fifo", "link to itself", "socket"])
def test_what_is_no_file_is_named_and_can_be_moved_away(
    folder: Path, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing hangs; if it prevents locking, the hint's command moves it away."""
    monkeypatch.chdir(folder.parent)
    put(kind, folder / name)
    assert running(folder) == ""
    if (name, kind) != ("lock", "fifo"):  # a FIFO can be locked
        with pytest.raises(RefusedError, match=f".multigit/{name} cannot be locked") as caught:
            exclusive(folder, HOLDER).__enter__()
        assert caught.value.code == "lock_unusable"
        with pytest.raises(RefusedError, match=f".multigit/{name} cannot be locked"):
            require_usable(folder)
        command = caught.value.hint.removeprefix("Run: ")
        subprocess.run(command, shell=True, check=True, cwd=folder.parent)
        assert os.path.lexists(folder / f"{name}.old")
    require_usable(folder)
    with exclusive(folder, HOLDER):
        assert running(folder) == AT_WORK
        require_usable(folder)


@pytest.mark.skipif(os.name != "posix", reason="asks for permissions as POSIX has them")
@pytest.mark.parametrize("name", ["lock", "lock.json"])
def test_a_lock_that_may_not_be_written_is_named_and_left_alone(name: str) -> None:
    """If it were moved away, a second operation could begin; its owner can make it writable."""
    with unprivileged() as folder:
        with exclusive(folder, HOLDER):
            pass
        (folder / name).chmod(0o444)
        for take in (exclusive(folder, HOLDER).__enter__, lambda: require_usable(folder)):
            with pytest.raises(RefusedError, match=f"/{name} cannot be locked: Perm") as caught:
                take()
            assert "mv " not in caught.value.hint
            assert "chmod u+w" in caught.value.hint


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_a_lock_of_another_user_is_said_to_be_theirs() -> None:
    """The hint names the owner, since only they can make it writable."""
    with unprivileged() as folder:
        with exclusive(folder, HOLDER):
            pass
        os.seteuid(0)
        os.chown(folder / "lock", 0, 0)
        (folder / "lock").chmod(0o644)
        os.seteuid(NOBODY)
        with pytest.raises(RefusedError) as caught:
            exclusive(folder, HOLDER).__enter__()
    assert "belongs to root" in caught.value.hint


@pytest.mark.parametrize("text", ["", "17", "[]", "[" * 100_000, '{"user":', "\0", '"ada"'])
def test_who_it_is_may_be_unknown(folder: Path, text: str) -> None:
    """If the holder's file cannot be read, the lock still counts as held."""
    with exclusive(folder, HOLDER):
        (folder / "lock.json").write_text(text)
        assert running(folder) == "Another multigit is running in this workspace."
