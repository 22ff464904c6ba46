"""Completion at the shell: whatever the files hold, it offers words or nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer

from multigit.adapters.files.open_operations import CLOSED, OPERATIONS
from multigit.cli import completion
from multigit.cli.completion import (
    complete_group,
    complete_operation,
    complete_override,
    complete_release,
    complete_repo,
    complete_stage,
    complete_undo,
    neighbors,
)
from multigit.core.records.record import Record
from tests.core.builders import record, row

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


def journals(shop: Path, *operations: str) -> None:
    """Write the journals of operations that are over."""
    for operation in operations:
        file = shop / OPERATIONS / operation / CLOSED
        file.parent.mkdir(parents=True)
        file.touch()


def test_rules_that_can_be_overridden_are_offered() -> None:
    """Anywhere, since they are not in a file."""
    assert complete_override("") == ["irreversible", "bad_release"]
    assert complete_override("b") == ["bad_release"]


def test_a_line_of_the_log_that_is_too_deep_is_passed_over(shop: Path) -> None:
    """So are those that are no records, and what has another type than it should have."""
    journals(shop, "one", "two")
    rows = '[7, {"repo": [], "state": {}, "deployments": [5, {}], "problems": "none"}]'
    lines = [f'{{"operation": "{name}", "repos": {rows}}}' for name in ("one", "two")]
    odd = ["[" * 200_000, "[]", "7", '{"operation": "one", "repos": 7, "undoes": [1]}']
    (shop / "deployment.log").write_text("\n".join([lines[0], *odd, lines[1], ""]))
    assert complete_operation("") == ["two", "one"]


def test_only_what_can_be_undone_is_offered(shop: Path) -> None:
    """Not what published nothing, was deployed, was undone, or lost its journal; nor an undo."""

    def published(command: str = "promote", **more: Any) -> Record:
        both = record("", row("m1"), row("m1", repo="web"), command=command)
        return replace(both, **more)

    deployed = [row("m1", "succeeded", repo=name) for name in ("api", "web")]
    log = {
        "plain": published(release="stg-deploy-1"),
        "cancelled": published(release="stg-deploy-2", repos=(row("", state="planned"),)),
        "deployed": published(repos=tuple(deployed)),
        "in-part": published(repos=(deployed[0], row("m1", repo="web"))),
        "not-started": published(repos=(row("m1", "not_started"),)),
        "lost": published(),
        "undone": published(),
        "half-undone": published(),
        "undo-1": published("undo", undoes="undone"),
        "undo-2": published("undo", undoes="half-undone", repos=(row("m0"),)),
        "watch-1": published("watch", watches="plain"),
        "deploy-1": record("", replace(deployed[0], state="deployed"), command="deploy"),
    }
    lines = [json.dumps(replace(each, operation=name).document()) for name, each in log.items()]
    (shop / "deployment.log").write_text("\n".join([*lines, ""]))
    journals(shop, *(log.keys() - {"lost"}))
    context = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
    context.params = {"stage": "stg"}
    assert complete_undo("") == ["stg-deploy-1", "half-undone", "not-started", "in-part", "plain"]
    assert complete_operation("") == ["deploy-1", "not-started", "in-part", "deployed"]
    assert complete_release(context, "") == ["stg-deploy-1"]
    context.params = {}  # `multigit mark` names no stage
    assert complete_release(context, "") == ["stg-deploy-1"]
    assert complete_release(context, "x") == []
    (shop / OPERATIONS / "begun.jsonl").write_text("{}\n")
    assert complete_undo("") == ["begun"]
    assert complete_operation("")[:2] == ["begun", "deploy-1"]


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
