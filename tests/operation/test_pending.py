"""The unfinished operation in one line, read from the names of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multigit.adapters.files.holding import holding
from multigit.errors import ConfigError
from multigit.operation.pending import pending

OPERATION = "20250115T150130Z-promote-dev-stg-7f3a"
RECORD = json.dumps({"operation": OPERATION})


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with an open journal, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MULTIGIT_CONFIG", raising=False)
    (tmp_path / "multigit.toml").write_text('[workspace]\nlog = "history.log"\n')
    journals = tmp_path / ".multigit/operations"
    journals.mkdir(parents=True)
    (journals / f"{OPERATION}.jsonl").write_text("{}\n")
    return tmp_path


def test_it_is_named_by_what_it_does(shop: Path) -> None:
    """Whether it is running is said by the lock."""
    assert pending(None) == (OPERATION, "promote dev stg unfinished")
    with holding(shop / ".multigit/lock.json"):
        assert pending(shop / "multigit.toml") == (OPERATION, "promote dev stg running")


def test_one_that_has_its_record_is_over(shop: Path) -> None:
    """In the log that the configuration names; another operation's record does not count."""
    log = shop / "history.log"
    log.write_text(json.dumps({"operation": "another", "undoes": OPERATION}) + "\n")
    assert pending(None)[0] == OPERATION
    log.write_text(f"no json\n{RECORD}\n")
    assert pending(None) == ("", "")


def test_outside_of_a_workspace_nothing_is_pending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless an option names a file that is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MULTIGIT_CONFIG", raising=False)
    assert pending(None) == ("", "")
    with pytest.raises(ConfigError):
        pending(tmp_path / "multigit.toml")
