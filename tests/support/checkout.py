"""The project itself as a repository, and a throwaway copy of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> tuple[str, ...]:
    """Return the files of the repository as they are now; skip the test outside a git checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = git(ROOT, "ls-files", "-z").split("\0")
    return tuple(name for name in listed if name and (ROOT / name).is_file())


def copy_project(folder: Path) -> Path:
    """Make a repository with one commit on main that holds the project as it is now."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Copy the project")
    return folder


def git(folder: Path, *words: str) -> str:
    """Run git in the folder and return its output."""
    done = subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout
