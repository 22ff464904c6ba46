"""An unfinished operation that a newer multigit started is reported as such and left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, codes, told
from tests.support.forge import Forge, untouched


@pytest.fixture
def newer(forge: Forge) -> Path:
    """Return the journal of an unfinished operation with a step of an unknown type."""
    web, done = forge.add("web"), forge.add("api")
    done.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    for repo in (web, done):
        repo.commit("dev", {"b.txt": "1\n"})
    done.reject_pushes("refs/heads/stg")
    forge.json("promote", "dev", "stg", "--yes", check=FAILED)
    (journal,) = (forge.shop / ".multigit/operations").glob("*.jsonl")
    first, *rest = journal.read_text().splitlines(keepends=True)
    content = json.loads(first)
    content["plan"]["repos"][0]["steps"].append({"type": "cherry_pick"})
    journal.write_text("".join((f"{json.dumps(content)}\n", *rest)))
    return journal


def test_no_way_out_touches_it(newer: Path, forge: Forge) -> None:
    """Each way out is refused with the reason, a new operation is blocked, and nothing changes."""
    before = newer.read_bytes()
    for command in (("continue",), ("undo", "--yes"), ("abandon",), ("watch",)):
        with untouched(forge):
            document = forge.json(*command, check=REFUSED)
        assert codes(document) == ["journal_newer"], command
        assert "move it" not in told(document)
    with untouched(forge):
        document = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    assert codes(document) == ["unfinished_operation"]
    assert newer.read_bytes() == before


ESCAPE = "\x1b]0;PWN\x07"


def fields(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each text in a document."""
    match value:
        case dict() | list():
            for key, each in value.items() if isinstance(value, dict) else enumerate(value):
                yield from fields(each, (*at, key))
        case str():
            yield at


def replaced(value: Any, at: tuple[str | int, ...]) -> Any:
    """Return a document with an escape sequence appended to one of its texts."""
    if not at:
        return value + ESCAPE
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:])
    return copy


@pytest.mark.parametrize("command", [("status",), ("continue", "--dry-run"), ("abandon",)])
def test_no_text_of_a_journal_steers_the_terminal(
    newer: Path, forge: Forge, command: tuple[str, ...]
) -> None:
    """No text of a journal, nor its file name, prints an escape sequence."""
    first, *rest = newer.read_text().splitlines()
    content = json.loads(first)
    del content["plan"]["repos"][0]["steps"][-1]
    texts = {tuple(k for k in at if isinstance(k, str)): at for at in fields(content)}
    wanted = ("by", "command", "date", "release", "name", "target", "message", "operation")
    for names, at in texts.items():
        if names[-1] in wanted:
            newer.write_text("\n".join((json.dumps(replaced(content, at)), *rest, "")))
            done = forge.run(*command)
            assert "\x1b" not in done.stdout + done.stderr, names
            assert "Traceback" not in done.stderr, names
    newer.with_name(f"20991231-{ESCAPE}.jsonl").write_text('{"journal":99}\n')
    done = forge.run(*command)
    assert "\x1b" not in done.stdout + done.stderr


def test_looking_works_beside_it(newer: Path, forge: Forge) -> None:
    """Commands that only read work next to it, and watch finds no deployments to show."""
    assert forge.json("status", check=DONE)["unfinished"] == newer.stem
    (first,) = forge.json("log", check=DONE)["records"]
    forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    document = forge.json("watch", first["release"], check=USAGE)
    assert codes(document) == ["unknown_operation"]
