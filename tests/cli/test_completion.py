"""Completion at the shell: whatever the files hold, it offers words or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from multigit.cli import completion
from multigit.cli.completion import (
    complete_group,
    complete_operation,
    complete_repo,
    complete_stage,
    neighbors,
)

CONFIG = """
[stages.dev]
branch = ["develop"]
[stages.stg]
promotes_from = ["dev"]
[stages.main]
promotes_from = {stage = "stg"}

[repos.api]
groups = 5
stages = ["dev", ["stg"], 7, "main"]
branches = {dev = ["x"]}
[repos.web]
groups = ["front", 7, ["back"]]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a workspace with many mistakes, in which the shell is."""
    monkeypatch.delenv("MULTIGIT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "multigit.toml").write_text(CONFIG)
    return tmp_path


def test_values_of_another_type_are_passed_over(shop: Path) -> None:
    """The rest is still offered."""
    assert shop.is_dir()
    assert complete_group("") == ["front"]
    assert complete_repo("") == ["api", "web"]
    assert complete_stage("") == ["dev", "stg", "main"]
    stages, repos = completion._tables("stages"), completion._tables("repos")
    assert neighbors(stages, repos, "dev") == ["stg", "main"]
    assert neighbors(stages, repos, "stg") == ["dev"]


def test_a_line_of_the_log_that_is_too_deep_is_passed_over(shop: Path) -> None:
    """So are lines that do not hold a record."""
    log = shop / "deployment.log"
    log.write_text(
        '{"operation": "one"}\n' + "[" * 200_000 + "\n[]\n7\n" + '{"operation": "two"}\n'
    )
    assert complete_operation("") == ["two", "one"]


def test_what_cannot_be_completed_offers_nothing(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error would be printed amid the line that is being typed."""

    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError

    assert complete_stage("d") == ["dev"]
    monkeypatch.setattr(completion, "raw_table", fail)
    assert complete_stage("d") == []
    assert shop.is_dir()
