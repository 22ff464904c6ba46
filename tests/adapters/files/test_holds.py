"""Holds in files: private, replaced as a whole, and unreadable if something is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.files.holds import HeldHere, HoldFiles, change_holds
from multigit.core.progress.shared import local_holds
from multigit.core.values.hold import HeldRepo, Hold
from multigit.core.values.problem import Problem
from multigit.errors import RefusedError

NOON = "2025-01-15T12:00:00Z"
HOLD = Hold(
    *("main", "op-1", "r-1", "r-2", "Ada", "laptop", NOON, "charges twice"),
    {"api": HeldRepo("old", "new"), "web": HeldRepo("old", "new")},
    local=True,
)
REST = replace(HOLD, repos={"web": HeldRepo("old", "new")})


@pytest.fixture
def files(tmp_path: Path) -> HoldFiles:
    """Return the holds of a workspace that has none."""
    return HoldFiles(tmp_path / ".multigit" / "holds")


def quiet(problem: Problem) -> None:
    """Fail on any problem."""
    pytest.fail(problem.message)


def test_a_hold_is_read_as_it_was_written(files: HoldFiles, tmp_path: Path) -> None:
    """Only its owner may read it, and nothing else is left in the folder."""
    assert files.holds() == {}
    files.write(REST)
    files.write(HOLD)
    assert files.holds() == {"main": HOLD}
    folder = tmp_path / ".multigit/holds"
    assert [file.name for file in folder.iterdir()] == ["main.json"]
    assert (folder / "main.json").stat().st_mode & 0o077 == 0
    files.remove("main")
    files.remove("main")
    assert files.holds() == {}


def test_what_a_killed_process_left_behind_is_no_hold(files: HoldFiles, tmp_path: Path) -> None:
    """The next hold replaces it, or the next command removes it."""
    files.write(HOLD)
    folder = tmp_path / ".multigit/holds"
    (folder / "main.new").write_bytes(b'{"hold": {')
    assert files.holds() == {"main": HOLD}
    files.write(REST)
    assert files.holds() == {"main": REST}
    assert [file.name for file in folder.iterdir()] == ["main.json"]
    (folder / "stg.new").touch()
    files.remove_leftovers()
    assert [file.name for file in folder.iterdir()] == ["main.json"]


def test_each_torn_or_foreign_file_is_unreadable(files: HoldFiles, tmp_path: Path) -> None:
    """Wherever it is cut off, or whatever is in its place."""
    files.write(HOLD)
    file = tmp_path / ".multigit/holds/main.json"
    whole = file.read_bytes()
    for end in range(len(whole) - 3):
        file.write_bytes(whole[:end])
        assert local_holds(files.read()).unreadable() == ("main",)
    file.unlink()
    (tmp_path / "elsewhere").write_bytes(whole)
    file.symlink_to(tmp_path / "elsewhere")
    assert local_holds(files.read()).unreadable() == ("main",)
    file.unlink()
    file.mkdir()
    assert local_holds(files.read()).unreadable() == ("main",)


def test_a_hold_that_cannot_be_written_is_refused(files: HoldFiles, tmp_path: Path) -> None:
    """What needs it does not begin; one that cannot be removed is reported."""
    (tmp_path / ".multigit").mkdir()
    (tmp_path / ".multigit/holds").touch()
    with pytest.raises(RefusedError) as caught:
        HeldHere(files).hold("main", HOLD)
    assert caught.value.code == "hold_not_writable"
    (tmp_path / ".multigit/holds").unlink()
    files.write(HOLD)
    file = tmp_path / ".multigit/holds/main.json"
    file.unlink()
    file.mkdir()
    heard: list[Problem] = []
    change_holds(files, {"main": None, "stg": None}, heard.append)
    assert [(each.code, "main" in each.message) for each in heard] == [("hold_left", True)]
    change_holds(files, {"main": REST}, heard.append)
    assert [each.code for each in heard] == ["hold_left", "hold_left"]


@pytest.mark.parametrize("rest", [None, REST])
def test_a_hold_changes_at_once_and_is_released_at_the_end(
    rest: Hold | None, files: HoldFiles
) -> None:
    """Unless the operation keeps it for a later command."""
    taken = HeldHere(files)
    taken.hold("main", HOLD)
    assert files.holds() == {"main": HOLD}
    taken.release_hold("main", rest)
    taken.keep()
    taken.end(quiet)
    assert files.holds() == {"main": HOLD}
    again = HeldHere(files)
    again.release_hold("main", rest)
    assert files.holds() == {"main": HOLD}
    again.end(quiet)
    assert files.holds() == ({"main": rest} if rest else {})
