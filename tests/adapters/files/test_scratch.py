"""Scratch folders: those of killed processes are removed, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from multigit.adapters.files.scratch import (
    CLONES,
    OURS,
    lent_folder,
    remove_leftovers,
    scratch_folder,
)

HOLD = """
import sys, time
from multigit.adapters.files.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "work").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a temporary folder for this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_what_nobody_holds_any_more_is_removed(temporary: Path, tmp_path: Path) -> None:
    """A running process keeps its scratch folders; those of a killed one are removed."""
    waiting_room = tmp_path / ".multigit" / CLONES
    waiting_room.mkdir(parents=True)
    (waiting_room / "api-abcdefgh" / "clone").mkdir(parents=True)
    (waiting_room / "api-abcdefgh").chmod(0o700)
    with subprocess.Popen((sys.executable, "-c", HOLD), stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        folder = Path(other.stdout.readline().strip())
        assert folder.parent == temporary
        with scratch_folder() as mine, lent_folder(waiting_room, "web-") as clone:
            remove_leftovers(waiting_room)
            assert mine.is_dir()
            assert clone.is_dir()
            assert (folder / "work").is_dir()
            assert not (waiting_room / "api-abcdefgh").exists()
        os.kill(other.pid, signal.SIGKILL)
    remove_leftovers(waiting_room)
    assert [*temporary.iterdir(), *waiting_room.iterdir()] == []


def test_nothing_else_is_touched(temporary: Path, tmp_path: Path) -> None:
    """Folders with similar names are kept, and links are not followed."""
    mine = tmp_path / "mine"
    for folder in (mine / "a", mine / f"{OURS}abcdefgh" / "b", mine / "api-abcdefgh"):
        folder.mkdir(parents=True)
    for name in (f"{OURS}notes", f"{OURS}my-plans", "multigit-abcdefgh", "multigit-demo-abcdefgh"):
        (temporary / name).mkdir(mode=0o700)
    (temporary / f"{OURS}my_plans").mkdir(mode=0o755)
    (temporary / f"{OURS}file_abc").touch(mode=0o700)
    (temporary / f"{OURS}link_abc").symlink_to(mine)
    (tmp_path / CLONES).symlink_to(mine)
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(tmp_path / CLONES)
    remove_leftovers(tmp_path / "gone")
    assert sorted(tmp_path.rglob("*")) == before


def test_of_what_was_removed_links_are_not_followed(temporary: Path, tmp_path: Path) -> None:
    """A leftover folder may contain a link to files that must be kept."""
    dear = tmp_path / "dear"
    (dear / "file").mkdir(parents=True)
    left = temporary / f"{OURS}abcdefgh"
    left.mkdir(mode=0o700)
    (left / "link").symlink_to(dear)
    remove_leftovers(tmp_path / CLONES)
    assert not left.exists()
    assert (dear / "file").is_dir()
