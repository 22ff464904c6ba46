"""A bug report is written to the first folder that accepts it, readable only by its owner."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from multigit.adapters.files.durable import open_private
from multigit.adapters.files.report_file import keep, places


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """The folder is created if it is missing, and is private, too."""
    file = keep("text\n", [tmp_path / "state" / "multigit"])
    assert file is not None
    assert file.read_text() == "text\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_folder_that_takes_no_file_is_passed_over(tmp_path: Path) -> None:
    """The next folder is used instead, and existing files are kept."""
    blocked = tmp_path / "blocked"
    blocked.touch()
    good = tmp_path / "good"
    first = keep("1", [blocked / "multigit", good])
    assert first is not None
    assert first.parent == good
    assert keep("2", [blocked]) is None
    assert first.read_text() == "1"


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that someone else creates at the last moment is not followed."""
    target = tmp_path / "target"
    folder = tmp_path / "shared"
    folder.mkdir()

    def raced(file: Path, flags: int) -> int:
        file.symlink_to(target)
        return open_private(file, flags)

    monkeypatch.setattr("multigit.adapters.files.report_file.open_private", raced)
    assert keep("text", [folder]) is None
    assert not target.exists()


@pytest.mark.parametrize(
    ("environment", "first"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/"}, Path("/state/multigit")),
        ({"XDG_STATE_HOME": "relative", "HOME": "/"}, Path("/.local/state/multigit")),
        ({"HOME": "/nowhere/to/be/found"}, Path(tempfile.gettempdir())),
        ({}, Path(tempfile.gettempdir())),
    ],
)
def test_reports_lie_where_programs_keep_their_state(
    environment: dict[str, str], first: Path
) -> None:
    """It is the state folder of the user, or the temporary folder if there is no home."""
    found = list(places(environment))
    assert found[0] == first
    assert found[-1] == Path(tempfile.gettempdir())
    assert os.access(found[-1], os.W_OK)
