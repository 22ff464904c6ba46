"""Refs read directly from the files of a git directory: no process, no side effect."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_refs(git_dir: Path) -> dict[str, str]:
    """Every ref below `refs/`, loose before packed, with its SHA; `ref: …` for a symbolic one."""
    return dict(sorted({**dict(_packed(git_dir)), **dict(_loose(git_dir))}.items()))


def _packed(git_dir: Path) -> Iterator[tuple[str, str]]:
    try:
        text = os.fsdecode((git_dir / "packed-refs").read_bytes())
    except FileNotFoundError:
        return
    for line in text.split("\n"):
        if line and line[0] not in "#^":
            sha, _, ref = line.partition(" ")
            yield ref, sha


def _loose(git_dir: Path) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(git_dir / "refs"):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - os.walk speaks strings
            if not name.endswith(".lock"):
                with open(path, encoding="utf-8") as file:  # noqa: PTH123
                    yield os.path.relpath(path, git_dir), file.read().strip()
