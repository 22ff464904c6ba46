"""The walks find untrue statements that are put into a copy of multigit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.bugs import infected
from tests.torture.world import PACKAGE
from tests.walk.bugs import LIES, Lie
from tests.walk.town import Town
from tests.walk.walker import Tally, walk


def longest() -> list[str]:
    """Return the lies whose walks are not the beginning of another's; each walk once."""
    walks = {lie.bug.cases: name for name, lie in LIES.items()}
    return [
        name
        for lines, name in walks.items()
        if not any(lines == others[: len(lines)] for others in walks if others != lines)
    ]


def _package(lie: Lie) -> Path:
    if lie.hasty:
        from tests.cli.hosts import impatient  # loads the contract of GitHub

        return impatient()
    return PACKAGE


def _walked(folder: Path, package: Path, lie: Lie) -> Tally:
    with Town(folder, package) as town:
        return walk(lie.bug.cases, town)


@pytest.mark.parametrize("name", LIES)
def test_lie_is_seen(tmp_path: Path, name: str) -> None:
    """With the bug its own statement does not hold."""
    lie = LIES[name]
    package = infected(tmp_path / "package", lie.bug, _package(lie))
    sick = _walked(tmp_path / "sick", package, lie)
    assert any(lie.statement in text for text in sick.violations), sick
    assert not any("exit code 70" in text for text in sick.violations)


@pytest.mark.parametrize("name", longest())
def test_without_the_bug_all_statements_hold(tmp_path: Path, name: str) -> None:
    """A walk that is the beginning of another one is part of it."""
    lie = LIES[name]
    healthy = _walked(tmp_path / "healthy", _package(lie), lie)
    assert healthy.violations == []
    assert healthy.lines[: len(lie.bug.cases)] == [*lie.bug.cases]
