"""The walks find untrue statements that are put into a copy of multigit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.bugs import infected
from tests.torture.world import PACKAGE
from tests.walk.bugs import LIES
from tests.walk.town import Town
from tests.walk.walker import Tally, walk


def _walked(folder: Path, package: Path, name: str) -> Tally:
    with Town(folder, package) as town:
        return walk(LIES[name].bug.cases, town)


@pytest.mark.parametrize("name", LIES)
def test_lie_is_seen(tmp_path: Path, name: str) -> None:
    """With the bug its own statement does not hold; without it all statements hold."""
    lie, package = LIES[name], PACKAGE
    if lie.hasty:
        from tests.cli.hosts import impatient  # loads the contract of GitHub

        package = impatient()
    sick = _walked(tmp_path / "sick", infected(tmp_path / "package", lie.bug, package), name)
    assert any(lie.statement in text for text in sick.violations), sick
    assert not any("exit code 70" in text for text in sick.violations)
    assert _walked(tmp_path / "healthy", package, name).violations == []
