"""An unfinished operation that a newer multigit began: told by its reason, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, codes, told
from tests.support.forge import Forge, untouched


@pytest.fixture
def newer(forge: Forge) -> Path:
    """Return the journal of an unfinished operation, with a step that only the future knows."""
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
    """Each says why, and to leave it; the next operation waits; nothing is changed."""
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


def test_looking_works_beside_it(newer: Path, forge: Forge) -> None:
    """Also at the deployments of an older operation, of which there are none."""
    assert forge.json("status", check=DONE)["unfinished"] == newer.stem
    (first,) = forge.json("log", check=DONE)["records"]
    forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    document = forge.json("watch", first["release"], check=USAGE)
    assert codes(document) == ["unknown_operation"]
