"""How a command is to run, and on which repositories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Common:
    """How any command is to run: with which configuration, and how it speaks."""

    config: Path | None = None
    json: bool = False
    no_color: bool = False
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which repositories: names, groups, and names left out. Nothing named means all."""

    repos: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
