"""Patterns of paths mean what they mean in a .gitignore."""

from __future__ import annotations

from pathlib import Path

from multigit.core.values.globs import matching
from tests.core.values.test_globs import PATHS
from tests.support.gitenv import git, init

GLOBS = (
    "migrations/**",
    "migrations/",
    "migrations",
    "/migrations",
    "**/migrations/**",
    "*.sql",
    "/*.sql",
    "db/**/schema.rb",
    "db/*/schema.rb",
    "d[a-c]/*.rb",
    "d[!a-c]mp.sql",
    "d[^a-c]mp.sql",
    "d[z-a]mp.sql",
    "d[!z-a]mp.sql",
    "a[[]1].txt",
    "a[1].txt",
    r"a\[1].txt",
    "a[]",
    "d?mp.sql",
    "d**p.sql",
    "**",
)


def test_each_pattern_matches_what_git_ignores(tmp_path: Path) -> None:
    """Each is compared with git's own answer for a .gitignore that has only this pattern."""
    init(tmp_path)
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for glob in GLOBS:
        (tmp_path / ".git/info/exclude").write_text(f"{glob}\n", encoding="utf-8")
        told = git(tmp_path, "ls-files", "-z", "--others", "--ignored", "--exclude-standard")
        assert set(matching(PATHS, [glob])) == set(told.split("\0")[:-1]), glob
