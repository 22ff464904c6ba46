"""Journals on disk: a line torn by a crash is removed, and complete lines are kept."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from multigit.adapters.files.durable import append
from multigit.adapters.files.journal import Journal, remove_unstarted
from multigit.adapters.files.open_operations import CLOSED, open_operations
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.values.agreement import Actor
from multigit.core.values.deployment import Deployment, RunState
from multigit.errors import RefusedError
from tests.core.builders import API, WEB, plan, to_publish

BEGUN = Entry(EntryKind.BEGUN, plan=plan(to_publish(API), to_publish(WEB)), actor=Actor("", "", ""))


def end(repo: str, target: str = "") -> Entry:
    """Return the entry about a deployment that succeeded."""
    return Entry(
        EntryKind.DEPLOYMENT, repos=(repo,), deployment=Deployment(target, RunState.SUCCEEDED)
    )


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """Return the closed journal of an operation."""
    journal = Journal(tmp_path / "one.jsonl")
    journal.write(BEGUN)
    journal.close()
    return tmp_path / "one" / CLOSED


def known(file: Path) -> dict[str, set[str]]:
    """Return the deployments that a journal knows, by repository."""
    operation = Journal(file).read()
    assert operation
    return {repo: set(by) for repo, by in operation.state.deployments().items()}


def test_what_a_crash_left_of_a_line_is_cut_off(closed: Path) -> None:
    """This also holds if another process crashed after this one had already written."""
    journal = Journal(closed)
    for target in ("fra", "nrt"):
        with closed.open("ab") as stream:
            stream.write(b'{"journal":1,"ki')
        journal.write(end("api", target))
    assert known(closed) == {"api": {"fra", "nrt"}}


def test_a_line_that_another_one_is_writing_is_not_cut_off(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second writer waits until the first one has written its whole line."""
    half, go_on = threading.Event(), threading.Event()

    def slowly(descriptor: int, data: bytes, *, durable: bool = True) -> None:
        if b"api" in data:
            os.write(descriptor, data[:20])
            half.set()
            go_on.wait(5)
            data = data[20:]
        append(descriptor, data, durable=durable)

    monkeypatch.setattr("multigit.adapters.files.journal.append", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(Journal(closed).write, end("api"))
        assert half.wait(5)
        second = pool.submit(Journal(closed).write, end("web"))
        with pytest.raises(TimeoutError):
            second.result(0.3)
        go_on.set()
        first.result(5)
        second.result(5)
    assert known(closed) == {"api": {""}, "web": {""}}


def test_many_who_watch_lose_no_line(closed: Path) -> None:
    """Each watcher uses its own `Journal` and writes at any time."""
    targets = [str(number) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda target: Journal(closed).write(end("api", target)), targets))
    assert known(closed) == {"api": set(targets)}


def test_an_open_journal_needs_no_lock(tmp_path: Path) -> None:
    """The workspace lock protects it, so no lock file is left beside it."""
    Journal(tmp_path / "one.jsonl").write(BEGUN)
    assert [file.name for file in tmp_path.iterdir()] == ["one.jsonl"]


DEEP = "[" * 100_000
ABSURD = [
    "17",
    "[]",
    "null",
    '"text"',
    "{}",
    DEEP,
    DEEP + "]" * 100_000,
    '{"a":' * 100_000,
    "\0",
    "",
]


@pytest.mark.parametrize("line", ABSURD)
def test_a_line_of_another_kind_is_damage_and_has_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """The error names the journal; the hint's command moves it away and keeps its content."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "op.jsonl"
    file.write_text(f"{line}\n")
    with pytest.raises(RefusedError, match=r"op\.jsonl") as caught:
        Journal(file).read()
    assert caught.value.code == "journal_damaged"
    assert open_operations(tmp_path) == ("op",)
    subprocess.run(caught.value.hint.removeprefix("Run: "), shell=True, check=True, cwd=tmp_path)
    assert open_operations(tmp_path) == ()
    assert (tmp_path / "op.jsonl.old").read_text() == f"{line}\n"


@pytest.mark.parametrize("put", [os.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_is_no_file_hides_no_other_journal_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path], None]
) -> None:
    """Reading it does not hang, and the hint's command moves it away."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text("{}\n")
    assert open_operations(tmp_path) == ("a", "b")
    remove_unstarted(tmp_path)
    with pytest.raises(RefusedError, match=r"a\.jsonl cannot be read: it is not a plain") as caught:
        Journal(tmp_path / "a.jsonl").read()
    assert caught.value.code == "journal_unreadable"
    subprocess.run(caught.value.hint.removeprefix("Run: "), shell=True, check=True, cwd=tmp_path)
    assert open_operations(tmp_path) == ("b",)
    assert os.path.lexists(tmp_path / "a.jsonl.old")
