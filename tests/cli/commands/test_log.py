"""Log: what was done, when and by whom, and whether the log is intact."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from multigit.core.records.chain import Head, next_line
from multigit.core.records.record import Record
from multigit.ui.logs import ending
from tests.cli.answers import DONE, FAILED, REFUSED, Document, codes
from tests.support.forge import Forge, untouched


@dataclass(frozen=True)
class Past:
    """A workspace with five operations in its log, and their documents."""

    forge: Forge
    documents: tuple[Document, ...]

    @property
    def log(self) -> Path:
        """Return the deployment log."""
        return self.forge.shop / "deployment.log"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Return a workspace after a push, two promotions, a refused one and a blocked one."""
    forge = Forge(tmp_path_factory.mktemp("log"))
    api = forge.add("api")
    api.write({"a.txt": "1\n"})
    forge.write_config()
    documents = [
        forge.json("push", "dev", "--yes", "-m", "feat: \u202eevil \u00fc", check=2),
        forge.json("push", "dev", "--yes", "-m", "feat: größer", check=DONE),
        forge.json("promote", "dev", "stg", "--yes", check=DONE),
        forge.json("promote", "stg", "main", "--yes", check=REFUSED),
        forge.json("promote", "stg", "main", "--confirm", "main", "-m", "release", check=DONE),
    ]
    api.commit("dev", {"a.txt": "dev\n"})
    api.commit("stg", {"a.txt": "stg\n"})
    documents.append(forge.json("promote", "dev", "stg", "--yes", check=REFUSED))
    return Past(forge, tuple(documents[1:]))


def test_every_operation_is_there_with_its_end(past: Past) -> None:
    """Done, refused and blocked ones, oldest first; a usage error leaves no record."""
    with untouched(past.forge):
        document = past.forge.json("log", check=DONE)
    records = document["records"]
    assert [record["operation"] for record in records] == [d["operation"] for d in past.documents]
    assert [record["result"] for record in records] == [d["result"] for d in past.documents]
    assert [(r["command"], r["stage"]) for r in records] == [
        ("push", "dev"), ("promote", "stg"), ("promote", "main"), ("promote", "main"),
        ("promote", "stg"),
    ]  # fmt: skip
    assert {record["who"] for record in records} == {"Ada Lovelace <ada@example.org>"}
    assert all(record["host"] and record["at"].endswith("Z") for record in records)
    released = records[3]
    assert (released["message"], released["release"]) == ("release", past.documents[3]["release"])
    assert released["repos"][0]["after"] == past.forge.repos["api"].tip("main")


def test_people_see_a_table_that_fits(past: Past) -> None:
    """Three lines per operation in 80 columns: who, the id, the release and the message."""
    shown = past.forge.run("log", env={"COLUMNS": ""}, check=DONE).stdout
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown.count("Ada Lovel") == len(past.documents)
    assert past.documents[3]["release"] in shown
    assert f"    {past.documents[3]['operation']}\n" in shown
    assert "größer" in shown


def test_times_are_local_on_the_screen_and_utc_in_json(past: Past) -> None:
    """The zone is that of the machine, here from TZ."""
    logged, *_ = past.forge.json("log", check=DONE)["records"]
    shown = past.forge.run("log", env={"TZ": "Asia/Kolkata"}, check=DONE).stdout
    then = datetime.fromisoformat(logged["at"]).astimezone(timezone(timedelta(hours=5.5)))
    assert logged["at"].endswith("Z")
    assert f"{then:%Y-%m-%d %H:%M} +05:30  " in shown


def test_refusal_is_told_from_a_conflict(past: Past) -> None:
    """Both have the result blocked but different reasons; a record without one looks the same."""
    records = past.forge.json("log")["records"]
    assert [record["reason"] for record in records] == [
        "", "", "confirmation_needed", "", "conflict",
    ]  # fmt: skip
    shown = ["1 published", "1 published", "not confirmed", "1 published", "blocked"]
    assert [ending(Record.parse(record)) for record in records] == shown
    assert [ending(Record.parse({**record, "reason": ""})) for record in records] == shown
    assert past.forge.run("log").stdout.count("not confirmed") == 1


def test_stage_and_limit_choose(past: Past) -> None:
    """The newest records of a stage; 0 means all; an unknown stage is an error."""

    def operations(*arguments: str) -> list[str]:
        return [r["operation"] for r in past.forge.json("log", *arguments)["records"]]

    everything = [document["operation"] for document in past.documents]
    assert operations("--stage", "main") == everything[2:4]
    assert operations("--limit", "1") == everything[-1:]
    assert operations("-n", "2") == everything[-2:]
    for choice in (("--limit", "0"), ("--all",), ("-a", "-n", "1")):
        assert operations(*choice) == everything
    hidden = len(everything) - 2
    assert past.forge.json("log", "-n", "2")["hidden"] == hidden
    assert f"{hidden} older records are not shown" in past.forge.run("log", "-n", "2").stdout
    assert codes(past.forge.json("log", "--stage", "mian", check=2)) == ["unknown_stage"]


def test_a_stage_between_and_the_one_that_was_pushed_are_found(forge: Forge) -> None:
    """All stages that an operation moved count, also for a back-merge, --promote and undo."""
    api = forge.add("api")
    forge.write_config()
    api.commit("main", {"hot.txt": "1\n"})
    done = [forge.json("backmerge", "main", "--yes", check=DONE)["operation"]]
    api.git("pull", "--quiet", "origin", "dev")
    api.local_commit({"a.txt": "1\n"})
    done += [
        forge.json(*arguments, "--yes", check=DONE)["operation"]
        for arguments in (("push", "dev", "--promote", "stg"), ("undo",))
    ]
    for stage, found in (("dev", done), ("stg", done), ("main", [])):
        records = forge.json("log", "--stage", stage)["records"]
        assert [each["operation"] for each in records] == found
    down = records_of(forge)[0]["repos"][0]["moves"]
    assert [(each["stage"], each["branch"]) for each in down] == [("stg", "stg"), ("dev", "dev")]
    assert [each["after"] for each in down] == [
        api.remote_git("rev-parse", "stg"),
        down[1]["after"],
    ]


def records_of(forge: Forge) -> list[Document]:
    """Return all records of the log."""
    records: list[Document] = forge.json("log", "--all")["records"]
    return records


def test_sound_log_is_verified(past: Past) -> None:
    """`log --verify` succeeds, and changes nothing."""
    with untouched(past.forge):
        document = past.forge.json("log", "--verify", check=DONE)
    assert (document["verified"], document["problems"]) == (True, [])
    assert past.forge.run("log", "--verify", check=DONE).stdout.strip()


def edit(lines: list[bytes]) -> list[bytes]:
    """Change the user in a record."""
    return [line.replace(b"Ada Lovelace", b"Bob Lovelace") if n == 3 else line
            for n, line in enumerate(lines)]  # fmt: skip


def reformat(lines: list[bytes]) -> list[bytes]:
    """Reformat the JSON of a record."""
    return [json.dumps(json.loads(lines[0])).encode() + b"\n", *lines[1:]]


def drop(lines: list[bytes]) -> list[bytes]:
    """Remove a line."""
    return [*lines[:1], *lines[2:]]


def swap(lines: list[bytes]) -> list[bytes]:
    """Swap two lines."""
    return [lines[0], lines[2], lines[1], *lines[3:]]


def tear(lines: list[bytes]) -> list[bytes]:
    """Cut the last line in the middle."""
    return [*lines[:-1], lines[-1][:40]]


@pytest.mark.parametrize("damage", [edit, reformat, drop, swap, tear])
def test_damaged_log_is_found(damage: Callable[[list[bytes]], list[bytes]], past: Past) -> None:
    """An edited, reformatted, missing, swapped or torn line: exit 1 with the line's number."""
    whole = past.log.read_bytes()
    try:
        past.log.write_bytes(b"".join(damage(whole.splitlines(keepends=True))))
        document = past.forge.json("log", "--verify", check=FAILED)
    finally:
        past.log.write_bytes(whole)
    assert document["verified"] is False
    (problem,) = document["problems"]
    assert problem["code"].startswith("log_")
    assert "line" in problem["message"]
    assert document["hint"]


def test_workspace_without_a_log_has_no_records(forge: Forge) -> None:
    """Before the first operation the log is empty and verifies."""
    forge.add("api")
    forge.write_config()
    with untouched(forge):
        document = forge.json("log", "--verify", check=DONE)
    assert document["records"] == []
    assert not (forge.shop / "deployment.log").exists()


def test_only_tags_of_this_log_are_said_to_agree(past: Past) -> None:
    """A tag made by hand and one of another workspace are counted separately."""
    api = past.forge.repos["api"]
    other = "Multigit-Operation: x\nMultigit-Log: y\nMultigit-Log-Seq: 99\nMultigit-Log-Head: z"
    api.git("tag", "-a", "-m", "by hand", "deploy-by-hand", "HEAD")
    api.git("tag", "-a", "-m", f"theirs\n\n{other}", "deploy-theirs", "HEAD")
    api.git("push", "--quiet", "origin", "deploy-by-hand", "deploy-theirs")
    with untouched(past.forge):
        document = past.forge.json("log", "--verify", "--remote", check=DONE)
    assert document["verified"] is True
    assert document["tags"] == {"own": 2, "other_logs": 1, "silent": 1}


def chained(records: Sequence[Document]) -> bytes:
    """Return a sound log of these records."""
    head, text = Head(), b""
    for each in records:
        line, head = next_line({k: v for k, v in each.items() if k not in {"seq", "prev"}}, head)
        text += line + b"\n"
    return text


@pytest.mark.parametrize("kept", [slice(2, None), slice(0, 2), slice(0, 0)])
def test_a_cut_log_that_was_chained_anew_is_found_by_its_tags(past: Past, kept: slice) -> None:
    """Whether its first records are missing, its last ones, or all."""
    whole = past.log.read_bytes()
    records = [json.loads(line) for line in whole.splitlines()]
    try:
        past.log.write_bytes(chained(records[kept]))
        assert past.forge.json("log", "--verify", check=DONE)["verified"] is True
        document = past.forge.json("log", "--verify", "--remote", check=FAILED)
    finally:
        past.log.write_bytes(whole)
    assert document["verified"] is False
    assert document["tags"]["own"] == 2
    assert codes(document) in (["log_cut"], ["log_rewritten"])


def test_a_journal_that_was_moved_aside_is_no_cut(forge: Forge) -> None:
    """Its operation has tags and no record because of the hint; without the file, it is a cut."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("promote", "dev", "stg", "--yes", "-r", "api", check=DONE)
    forge.repos["api"].commit("dev", {"a.txt": "2\n"})
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json("promote", "dev", "stg", "--yes", check=FAILED)
    (journal,) = (forge.shop / ".multigit" / "operations").glob("*.jsonl")
    with journal.open("ab") as stream:
        stream.write(b"17\n")
    refused = forge.json("continue", "--yes", check=REFUSED)
    assert codes(refused) == ["journal_damaged"]
    with untouched(forge):
        subprocess.run(
            ("sh", "-c", refused["hint"].removeprefix("Run: ")), cwd=forge.shop, check=True
        )
    seen = forge.json("log", "--verify", "--remote", check=DONE)
    assert seen["tags"] == {"own": 2, "other_logs": 0, "silent": 0}
    assert seen["unfinished"] is None
    forge.repos["web"].allow_pushes()
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert forge.json("log", "--verify", "--remote", check=DONE)["tags"]["own"] == 3
    (aside,) = (forge.shop / ".multigit" / "operations").glob("*.old")
    aside.unlink()
    assert codes(forge.json("log", "--verify", "--remote", check=FAILED)) == ["log_cut"]
