"""The campaign finds bugs that are put into a copy of multigit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.bugs import BUGS, infected
from tests.torture.campaign import play
from tests.torture.cases import Case, Workshop


@pytest.mark.parametrize("name", BUGS)
def test_bug_is_seen(workshop: Workshop, tmp_path: Path, name: str) -> None:
    """The cases find a violation with the bug, and none without it."""
    bug = BUGS[name]
    package = infected(tmp_path / "package", bug)
    sick = Workshop(tmp_path / "worlds", workshop.templates, package)
    sick.folder.mkdir()
    cases = [Case.named(each) for each in bug.cases]
    for case in cases:
        workshop.template(case.scene)
    verdicts = [play(sick, case) for case in cases]
    found = [text for verdict in verdicts for text in verdict.violations]
    assert all(verdict.fired for verdict in verdicts)
    assert found
    assert not any("broke" in text or "exit code 70" in text for text in found), found
    healthy = [text for case in cases for text in play(workshop, case).violations]
    assert healthy == []
