"""The fast part of the walks: a few known seeds. For all others, run python -m tests.walk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.walk.__main__ import report
from tests.walk.hints import proposed
from tests.walk.town import Town
from tests.walk.walker import stroll

STEPS = 8


@pytest.mark.parametrize("seed", [14, 17, 30])
def test_every_statement_is_true(tmp_path: Path, seed: int) -> None:
    """A short walk from a known seed finds no untrue statement.

    Nothing in it depends on timing: it is the same walk on every machine.
    """
    with Town(tmp_path / "town") as town:
        tally = stroll(seed, STEPS, town)
    report(seed, STEPS, tally)
    assert tally.violations == []
    assert tally.counts["statements"] > STEPS
    assert not [line for line in tally.lines if re.search(r"\b(after|mid)-", line)]


@pytest.mark.parametrize(
    ("hint", "commands"),
    [
        (
            "To continue run multigit continue, to take it back multigit undo.",
            [("continue",), ("undo",)],
        ),
        (
            "Fix it, then run multigit deploy stg --failed. If that takes a commit: push it.",
            [("deploy", "stg", "--failed")],
        ),
        (
            "Run multigit deploy stg --override bad_release --reason tried --failed -r api.",
            [
                (
                    *("deploy", "stg", "--override", "bad_release", "--reason", "tried"),
                    *("--failed", "-r", "api"),
                )
            ],
        ),
        ("multigit abandon closes it, and multigit watch looks.", [("abandon",), ("watch",)]),
        (
            "See how it ends: multigit watch deploy-20250115-150130",
            [("watch", "deploy-20250115-150130")],
        ),
        ("To deploy an earlier release: multigit deploy STAGE RELEASE", []),
        ("Commit or stash them: git -C api stash", []),
    ],
)
def test_hints_are_read_as_they_are_typed(hint: str, commands: list[tuple[str, ...]]) -> None:
    """Each command ends where the sentence continues; one with placeholders cannot be run."""
    assert list(proposed(hint)) == commands
