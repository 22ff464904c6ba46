"""What the log knows of deployments is read from its index, and is what the log says."""

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
    """Return a log with a few deployments, beside which an index may be kept."""
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
    """Return where the index lies."""
    return log.file.parent / ".multigit" / INDEX


def read(log: DeploymentLog, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many records were read, once what the log knows was seen to be right."""
    seen: list[bytes] = []

    def seen_and_parsed(line: bytes) -> Record | None:
        seen.append(line)
        return record_in(line)

    with monkeypatch.context() as patch:
        patch.setattr(log_reader, "record_in", seen_and_parsed)
        assert log.last_deployed() == last_deployed(map(Record.parse, log_records(log)))
    return len(seen)


def log_records(log: DeploymentLog) -> list[dict[str, Any]]:
    """Return the records as anybody could read them."""
    lines = log.file.read_bytes().split(b"\n")[:-1] if log.file.exists() else []
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def test_what_was_read_once_is_not_read_again(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was added since then; nobody else may read it."""
    assert read(log, monkeypatch) == 6
    assert read(log, monkeypatch) == 0
    log.append(Record.parse(record(6, "failed")))
    log.append(Record.parse(record(7)))
    assert read(log, monkeypatch) == 2
    assert read(log, monkeypatch) == 0
    assert stat.S_IMODE(index(log).stat().st_mode) == 0o600
    assert {each.name for each in index(log).parent.iterdir()} == {"log.lock", INDEX}


def cut_end(log: DeploymentLog) -> None:
    """Take the last lines away."""
    lines = log.file.read_bytes().splitlines(keepends=True)
    log.file.write_bytes(b"".join(lines[:3]))


def cut_head_and_chain_anew(log: DeploymentLog) -> None:
    """Take the first lines away, and compute the others anew."""
    head, lines = Head(), list[bytes]()
    for each in log_records(log)[2:]:
        line, head = next_line({k: v for k, v in each.items() if k not in {"seq", "prev"}}, head)
        lines.append(line + b"\n")
    log.file.write_bytes(b"".join(lines))


def other_end(log: DeploymentLog) -> None:
    """Put another record of the same length in the place of the last one."""
    lines = log.file.read_bytes().splitlines(keepends=True)
    last = lines[-1].replace(b'"running"', b'"skipped"')
    assert last != lines[-1]
    log.file.write_bytes(b"".join((*lines[:-1], last)))


def empty(log: DeploymentLog) -> None:
    """Leave nothing."""
    log.file.write_bytes(b"")


def gone(log: DeploymentLog) -> None:
    """Leave nothing at all."""
    log.file.unlink()


@pytest.mark.parametrize("change", [cut_end, cut_head_and_chain_anew, other_end, empty, gone])
def test_an_index_of_another_log_does_not_count(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch, change: Callable[[DeploymentLog], None]
) -> None:
    """Whatever became of the log since then."""
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
    """Nobody was told of that; what takes its place is read."""
    with log.file.open("ab") as stream:
        stream.write(torn)
    log.last_deployed()
    log.append(Record.parse(record(6, "failed")))
    assert read(log, monkeypatch) == 1


def test_any_damage_makes_it_a_missing_one(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each flipped bit, each shorter one, each other type, and one of another version."""
    log.last_deployed()
    good = index(log).read_bytes()
    version = good.replace(b'"index":2', b'"index":1')
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
    """A folder, a FIFO, a link: it is not used, and nothing else is touched."""
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
    """Where multigit never wrote anything there is nothing to keep."""
    log = DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")
    assert log.last_deployed() == {}
    log.file.write_bytes(next_line(record(0), Head())[0] + b"\n")
    assert set(log.last_deployed()) == {"api"}
    assert [each.name for each in tmp_path.iterdir()] == ["deployment.log"]
