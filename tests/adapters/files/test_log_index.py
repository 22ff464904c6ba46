"""The index of the log saves reading it, and always gives the same result as the log."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from multigit.adapters.files import log_reader
from multigit.adapters.files.deployment_log import INDEX, DeploymentLog
from multigit.core.records.chain import Head, next_line
from multigit.core.records.last_deployments import last_deployed
from multigit.core.records.record import Record, record_in

STATES = ("succeeded", "failed", "running")


@pytest.fixture
def log(tmp_path: Path) -> DeploymentLog:
    """Return a log with a few deployments, and a folder for its index."""
    (tmp_path / ".multigit").mkdir()
    log = DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")
    for number in range(6):
        log.append(Record.parse(record(number)))
    return log


def record(number: int, state: str = "") -> dict[str, Any]:
    """Return a record of a deployment to one of two stages."""
    deployments = [{"state": state or STATES[number % 3]}]
    return {
        "operation": f"op-{number}",
        "stage": ("stg", "main")[number % 2],
        "at": f"2025-01-{number + 1:02}T00:00:00Z",
        "repos": [{"repo": "api", "deployments": deployments}, {"repo": "docs"}],
    }


def index(log: DeploymentLog) -> Path:
    """Return the path of the index."""
    return log.file.parent / ".multigit" / INDEX


def read(log: DeploymentLog, monkeypatch: pytest.MonkeyPatch) -> int:
    """Assert that the index agrees with the log, and return how many records were read for it."""
    seen: list[bytes] = []

    def seen_and_parsed(line: bytes) -> Record | None:
        seen.append(line)
        return record_in(line)

    with monkeypatch.context() as patch:
        patch.setattr(log_reader, "record_in", seen_and_parsed)
        assert log.last_deployed() == last_deployed(map(Record.parse, log_records(log)))
    return len(seen)


def log_records(log: DeploymentLog) -> list[dict[str, Any]]:
    """Return the records as JSON, without using multigit's reader."""
    lines = log.file.read_bytes().split(b"\n")[:-1] if log.file.exists() else []
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def test_what_was_read_once_is_not_read_again(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only new records are read, and only the owner can read the index."""
    assert read(log, monkeypatch) == 6
    assert read(log, monkeypatch) == 0
    log.append(Record.parse(record(6, "failed")))
    log.append(Record.parse(record(7)))
    assert read(log, monkeypatch) == 2
    assert read(log, monkeypatch) == 0
    assert stat.S_IMODE(index(log).stat().st_mode) == 0o600
    assert {each.name for each in index(log).parent.iterdir()} == {"log.lock", INDEX}


def cut_end(log: DeploymentLog) -> None:
    """Remove the last lines."""
    lines = log.file.read_bytes().splitlines(keepends=True)
    log.file.write_bytes(b"".join(lines[:3]))


def cut_head_and_chain_anew(log: DeploymentLog) -> None:
    """Remove the first lines, and chain the others again."""
    head, lines = Head(), list[bytes]()
    for each in log_records(log)[2:]:
        line, head = next_line({k: v for k, v in each.items() if k not in {"seq", "prev"}}, head)
        lines.append(line + b"\n")
    log.file.write_bytes(b"".join(lines))


def other_end(log: DeploymentLog) -> None:
    """Replace the last record with another one of the same length."""
    lines = log.file.read_bytes().splitlines(keepends=True)
    last = lines[-1].replace(b'"running"', b'"skipped"')
    assert last != lines[-1]
    log.file.write_bytes(b"".join((*lines[:-1], last)))


def empty(log: DeploymentLog) -> None:
    """Empty the log."""
    log.file.write_bytes(b"")


def gone(log: DeploymentLog) -> None:
    """Delete the log."""
    log.file.unlink()


@pytest.mark.parametrize("change", [cut_end, cut_head_and_chain_anew, other_end, empty, gone])
def test_an_index_of_another_log_does_not_count(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch, change: Callable[[DeploymentLog], None]
) -> None:
    """It is ignored after any change of the log except appending, and the log is read again."""
    log.last_deployed()
    change(log)
    assert read(log, monkeypatch) == len(log_records(log))
    assert read(log, monkeypatch) == 0


@pytest.mark.parametrize(
    "torn", [b"{", b'{"repos":[{"repo":"api","deployments":[{"state":"x"}]}]}']
)
def test_a_torn_end_is_not_in_it(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch, torn: bytes
) -> None:
    """A torn line is not indexed, and the record that replaces it is read."""
    with log.file.open("ab") as stream:
        stream.write(torn)
    log.last_deployed()
    log.append(Record.parse(record(6, "failed")))
    assert read(log, monkeypatch) == 1


def test_any_damage_makes_it_a_missing_one(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flipped bits, cut files, other types and other versions all cause it to be rebuilt."""
    log.last_deployed()
    good = index(log).read_bytes()
    version = good.replace(b'"index":4', b'"index":3')
    assert version != good
    damaged = [bytes((*good[:at], good[at] ^ 1, *good[at + 1 :])) for at in range(0, len(good), 7)]
    damaged += [good[:length] for length in range(0, len(good), 23)]
    damaged += [version, b"[]", b"17", b"[" * 100_000, b"\0" * 1000]
    for content in damaged:
        index(log).write_bytes(content)
        assert read(log, monkeypatch) == 6
        assert index(log).read_bytes() == good


def test_nothing_waits_for_what_stands_in_its_place(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder, a FIFO or a link is ignored without hanging, and a link's target is unchanged."""
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    for put in (os.mkdir, os.mkfifo, lambda path: path.symlink_to(victim)):
        for name in (INDEX, INDEX.replace(".json", ".new")):
            put(index(log).with_name(name))
            assert read(log, monkeypatch) == 6
            for left in index(log).parent.glob("deployed.*"):
                left.rmdir() if left.is_dir() and not left.is_symlink() else left.unlink()
    assert victim.read_text() == "mine\n"


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    """Without a .multigit folder, no index is kept."""
    log = DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")
    assert log.last_deployed() == {}
    log.file.write_bytes(next_line(record(0), Head())[0] + b"\n")
    assert set(log.last_deployed()) == {"api"}
    assert [each.name for each in tmp_path.iterdir()] == ["deployment.log"]
