"""Short ways to write the commits of a line."""

from __future__ import annotations

from multigit.core.lineage.line import LineCommit

MOVED = {"a": ("y", ""), "b": ("", "y")}
PUT_BACK = {"a": ("y", ""), "b": ("", "x")}


def own(sha: str, path: str, before: str, after: str) -> LineCommit:
    """Return a commit that was made on the later stage."""
    return LineCommit(sha, ("parent",), brings=False, changes={path: (before, after)})


def work(sha: str, path: str, before: str, after: str) -> LineCommit:
    """Return a commit that brings work of the earlier stage."""
    return LineCommit(sha, ("parent", "other"), brings=True, changes={path: (before, after)})


def moving(sha: str, changes: dict[str, tuple[str, str]]) -> LineCommit:
    """Return a commit that was made on the later stage and touches several paths."""
    return LineCommit(sha, ("parent",), brings=False, changes=changes)
