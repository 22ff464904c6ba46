"""The configuration file as it is written: what shells ask for, without the cost of checking it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def raw_table(file: Path, name: str) -> dict[str, Any] | None:
    """Return a table of a file, empty if it is missing there; None if the file cannot be read."""
    try:
        if not file.is_file():
            return None
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return dict(content.get(name, {}))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return None


def raw_log(file: Path) -> Path:
    """Return the path of the deployment log of a configuration."""
    table = raw_table(file, "workspace") or {}
    return file.parent / str(table.get("log", "deployment.log"))
