"""What is missing in the .gitignore of a workspace folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.adapters.git.work_tree.ignores import add_ignores, missing_ignores
from multigit.errors import RefusedError
from tests.support.gitenv import git, init

NAMES = ("api", "services/web", "a b", "odd[1]*", "back\\slash", "#hash", "!bang", "end ")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with others inside."""
    folder = tmp_path / "shop"
    for path in (folder, *(folder / name for name in NAMES)):
        path.mkdir(parents=True)
        init(path)
    return folder


def test_what_is_added_hides_exactly_what_was_missing(root: Path) -> None:
    """The log and each repository are ignored, whatever they are called, and no other file is."""
    (root / "deployment.log").touch()
    (root / "api.txt").touch()
    lines = missing_ignores(root, [".", *NAMES])
    assert lines[:3] == ("/deployment.log", "/api/", "/services/web/")
    assert len(lines) == 1 + len(NAMES)
    add_ignores(root / ".gitignore", lines)
    assert missing_ignores(root, [".", *NAMES]) == ()
    assert git(root, "status", "--porcelain", "-uall").split("\n") == [
        "?? .gitignore",
        "?? api.txt",
    ]


def test_what_is_ignored_or_a_submodule_is_not_missing(root: Path) -> None:
    """It may be ignored in any file that git reads; a submodule does not have to be."""
    (root / ".git/info/exclude").parent.mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("*.log\n")
    (root / ".gitignore").write_text("services\n")
    nothing = git(root, "hash-object", "-w", "-t", "tree", "--stdin", input="")
    commit = git(root, "commit-tree", nothing, "-m", "x")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},api")
    assert missing_ignores(root, [".", "api", "services/web", "a b"]) == ("/a b/",)


def test_folder_that_is_no_repository_needs_none(root: Path) -> None:
    """Nothing is missing if the folder is not a repository, or not one of the workspace."""
    assert missing_ignores(root, ["api"]) == ()
    assert missing_ignores(root.parent, [".", "shop"]) == ()


def test_lines_are_added_behind_what_is_there(tmp_path: Path) -> None:
    """They start on a new line, even if the file does not end with a line break."""
    file = tmp_path / ".gitignore"
    file.write_text("*.pyc")
    add_ignores(file, ["/api/"])
    assert file.read_text() == "*.pyc\n/api/\n"
    with pytest.raises(RefusedError, match="cannot be written"):
        add_ignores(tmp_path, ["/api/"])
