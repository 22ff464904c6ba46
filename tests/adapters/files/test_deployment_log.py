"""The deployment log on disk: no acknowledged record is lost, whatever happens."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from multigit.adapters.files import lock as file_lock
from multigit.adapters.files import log_reader
from multigit.adapters.files.deployment_log import DeploymentLog
from multigit.core.records.chain import BadLine, Head
from multigit.core.records.history import OperationHistory
from multigit.core.records.record import Record, record_in
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.errors import RefusedError
from tests.support.unprivileged import unprivileged

WRITER = """\
import sys
from pathlib import Path
from multigit.adapters.files.deployment_log import DeploymentLog
from multigit.core.records.record import Record
log = DeploymentLog(Path("deployment.log"), Path(".multigit/log.lock"))
for number in range(int(sys.argv[2])):
    log.append(Record(operation=f"{sys.argv[1]}-{number}"))
"""


@pytest.fixture
def log(tmp_path: Path) -> DeploymentLog:
    """Return a log that does not exist yet."""
    return DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")


def operations(log: DeploymentLog) -> list[str]:
    """Return the operations that the log holds."""
    return [each.operation for each in log.newest()][::-1]


def test_records_follow_each_other(log: DeploymentLog) -> None:
    """Each record gets the next number; the log is sound, and only its owner can read it."""
    assert log.head() == Head()
    heads = [log.append(Record(operation=f"{number}")) for number in range(3)]
    assert [head.seq for head in heads] == [1, 2, 3]
    assert log.verify() == log.head() == heads[-1]
    assert operations(log) == ["0", "1", "2"]
    assert stat.S_IMODE(log.file.stat().st_mode) == 0o600


def test_a_record_is_on_disk_before_it_is_acknowledged(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file and its folder are synchronized to disk."""
    log.append(Record(operation="first"))
    synchronised: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synchronised.append(kind)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    log.append(Record(operation="second"))
    assert synchronised == ["file", "folder"]


def test_several_processes_append_one_after_the_other(log: DeploymentLog) -> None:
    """No record is lost, and the chain is sound."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, f"w{number}", "8"], cwd=log.file.parent)
        for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert sorted(operations(log)) == sorted(f"w{w}-{n}" for w in range(4) for n in range(8))
    verified = log.verify()
    assert isinstance(verified, Head)
    assert verified.seq == 32


def test_a_torn_tail_is_moved_aside_wherever_it_broke_off(log: DeploymentLog) -> None:
    """This holds for every byte of the last line, and complete lines stay as they are."""
    log.append(Record(operation="whole"))
    whole = log.file.read_bytes()
    log.append(Record(operation="torn"))
    line = log.file.read_bytes()[len(whole) :]
    aside = log.file.with_name("deployment.log.torn")
    for length in range(1, len(line)):
        log.file.write_bytes(whole + line[:length])
        aside.unlink(missing_ok=True)
        assert log.verify() == BadLine(2, "torn", "ends in the middle of a record")
        assert log.head().seq == 1
        log.append(Record(operation="after"))
        assert operations(log) == ["whole", "after"]
        assert isinstance(log.verify(), Head)
        assert aside.read_bytes() == line[:length] + b"\n"
        assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_torn_tails_are_collected(log: DeploymentLog) -> None:
    """A new torn line is added to the earlier ones."""
    for tail in (b"one", b"two"):
        with log.file.open("ab") as file:
            file.write(tail)
        log.append(Record(operation="x"))
    assert log.file.with_name("deployment.log.torn").read_bytes() == b"one\ntwo\n"


def test_what_keeps_torn_ends_has_to_take_one(log: DeploymentLog) -> None:
    """It is reported in advance if that file cannot be written, but only when a line is torn."""
    log.append(Record(operation="whole"))
    os.mkfifo(log.aside)
    log.require_writable()
    with log.file.open("ab") as file:
        file.write(b"torn")
    for look in (log.require_writable, log.require_usable, log.set_aside):
        with pytest.raises(
            RefusedError, match=r"deployment\.log\.torn cannot be written"
        ) as caught:
            look()
        assert caught.value.code == "log_not_writable"
        assert "deployment.log.torn.old" in caught.value.hint
    log.aside.unlink()
    assert log.set_aside()
    assert log.aside.read_bytes() == b"torn\n"
    assert isinstance(log.verify(), Head)
    assert not log.set_aside()


def test_a_link_in_its_place_is_refused(log: DeploymentLog, tmp_path: Path) -> None:
    """The file that it points at stays as it is."""
    victim = tmp_path / "victim"
    victim.write_text("mine\n", encoding="utf-8")
    log.file.symlink_to(victim)
    for write in (log.require_writable, lambda: log.append(Record(operation="x"))):
        with pytest.raises(RefusedError) as caught:
            write()
        assert caught.value.code in {"log_not_writable", "log_unreadable"}
    assert victim.read_text() == "mine\n"


def test_a_folder_in_its_place_is_refused(log: DeploymentLog) -> None:
    """The error says which file cannot be written."""
    log.file.mkdir()
    with pytest.raises(RefusedError, match=r"deployment log deployment\.log cannot be written"):
        log.require_writable()


@pytest.fixture
def read_only() -> Iterator[Path]:
    """Return a folder that this process may enter and read, but not write."""
    with unprivileged() as folder:
        folder.chmod(0o555)
        yield folder


@pytest.mark.skipif(os.name != "posix", reason="asks for permissions as POSIX has them")
def test_a_read_only_folder_is_refused_beforehand(read_only: Path) -> None:
    """Otherwise something could be published that cannot be recorded."""
    log = DeploymentLog(read_only / "deployment.log", read_only / ".multigit/log.lock")
    for write in (log.require_writable, lambda: log.append(Record(operation="x"))):
        with pytest.raises(RefusedError) as caught:
            write()
        assert caught.value.code == "log_not_writable"
        assert "Permission denied" in caught.value.message
        assert str(read_only) in caught.value.hint
    assert (log.head(), operations(log), log.verify()) == (Head(), [], Head())


def test_asking_whether_it_is_writable_writes_nothing(log: DeploymentLog) -> None:
    """At most an empty log is created, which is sound."""
    log.require_writable()
    assert log.file.read_bytes() == b""
    assert log.verify() == Head()
    log.append(Record(operation="x"))
    before = log.file.read_bytes()
    log.require_writable()
    assert log.file.read_bytes() == before


def test_a_lock_that_is_held_is_waited_for_and_then_named(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is never broken."""
    monkeypatch.setattr(file_lock, "TURN", 0.1)
    lock = log.file.parent / ".multigit/log.lock"
    lock.parent.mkdir()
    with FileLock(lock), pytest.raises(RefusedError) as caught:
        log.append(Record(operation="x"))
    assert caught.value.code == "log_locked"
    with FileLock(lock):
        log.require_usable()
    log.append(Record(operation="x"))


def test_a_full_disk_leaves_what_was_there(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is reported, and the next record is appended to a sound log."""
    log.append(Record(operation="before"))

    def half(descriptor: int, data: bytes) -> int:
        written = real(descriptor, data[: len(data) // 2])
        monkeypatch.setattr(os, "write", full)
        return written

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    real = os.write
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(RefusedError, match="No space left on device") as caught:
        log.append(Record(operation="lost"))
    assert caught.value.hint == f"Free some space in {log.file.parent}."
    monkeypatch.setattr(os, "write", real)
    log.append(Record(operation="after"))
    assert operations(log) == ["before", "after"]
    assert isinstance(log.verify(), Head)


@pytest.mark.parametrize("damage", [b"x", b"{}", b"\xff\xfe", b""])
def test_an_edited_line_is_found_and_read_over(damage: bytes, log: DeploymentLog) -> None:
    """The other records can still be read, and new ones are appended."""
    for number in range(3):
        log.append(Record(operation=f"{number}"))
    lines = log.file.read_bytes().split(b"\n")
    lines[1] = damage
    log.file.write_bytes(b"\n".join(lines))
    found = log.verify()
    assert isinstance(found, BadLine)
    assert found.line == 2
    assert operations(log) == ["0", "2"] if damage != b"{}" else True
    log.append(Record(operation="3"))
    assert operations(log)[-1] == "3"


def test_an_operation_is_found_however_long_ago_it_was(log: DeploymentLog) -> None:
    """Only its full id counts, not a mention of it in another record."""
    for number in range(20):
        log.append(Record(operation=f"op-{number}", message="op-99", undoes="op-98"))
    assert all(log.holds(f"op-{number}") for number in range(20))
    assert not any(log.holds(name) for name in ("op-20", "op-99", "op-98", "op", ""))


def test_the_last_records_are_told_with_how_many_came_before(log: DeploymentLog) -> None:
    """This holds for none, some and all of the records."""
    history = OperationHistory(log)
    assert history.last(3, None, {}) == ((), 0)
    for number in range(5):
        log.append(Record(operation=f"{number}"))
    for limit, older in ((1, 4), (4, 1), (5, 0), (6, 0)):
        found, before = history.last(limit, None, {})
        assert [each.operation for each in found] == operations(log)[-limit:]
        assert before == older


def test_an_end_is_written_once(log: DeploymentLog) -> None:
    """The first watcher writes it; a deployment that is still running is not recorded."""
    assert not log.append_news(watched("running"))
    assert log.append_news(watched("succeeded"))
    assert not log.append_news(watched("succeeded"))
    assert operations(log) == ["w"]


def watched(run: str) -> Record:
    """Return the record of watching a deployment in this state."""
    api = RepoRecord("api", deployments=(DeploymentRecord(state=run),))
    return Record(operation="w", command="watch", watches="a", repos=(api,))


@pytest.mark.parametrize("seq", ["true", "-1", "9" * 4000, "1.5", '"1"'])
def test_a_record_goes_behind_a_line_of_any_number(log: DeploymentLog, seq: str) -> None:
    """The new record's number is the number of lines, whatever the last line says."""
    log.append(Record(operation="0"))
    with log.file.open("ab") as stream:
        stream.write(f'{{"seq":{seq}}}\n'.encode())
    assert log.append(Record(operation="1")).seq == 3
    assert isinstance(log.verify(), BadLine)


def test_only_what_may_be_wanted_is_parsed(
    log: DeploymentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that are not records, or do not contain a text that is searched for, are skipped."""
    parsed = 0

    def counting(line: bytes) -> Record | None:
        nonlocal parsed
        parsed += 1
        return record_in(line)

    log.append(Record(operation="first"))
    with log.file.open("ab") as stream:
        stream.write(b'{"a":1}\n{"b\n\nc\n' * 100_000)
    for number in range(20):
        log.append(Record(operation=f"op-{number}", repos=(RepoRecord("api", after=f"a{number}"),)))
    monkeypatch.setattr(log_reader, "record_in", counting)
    assert [each.operation for each in log.newest("a3", "op-7", "p-9")] == ["op-7", "op-3"]
    assert parsed == 2
    assert len(operations(log)) == 21
    assert log.name() == "first"
    log.last_deployed()
    assert parsed == 2 + 21 + 1


def test_a_link_in_the_logs_place_is_refused_before_it_is_cut(tmp_path: Path) -> None:
    """The link is refused before a torn line at the end of its target could be cut off."""
    victim = tmp_path / "victim"
    victim.write_text("no line break at the end", encoding="utf-8")
    (tmp_path / "deployment.log").symlink_to(victim)
    log = DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")
    with pytest.raises(RefusedError):
        log.append(Record(operation="x"))
    assert victim.read_text() == "no line break at the end"
