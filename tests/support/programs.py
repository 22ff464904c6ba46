"""Shell scripts in place of programs and hooks."""

from __future__ import annotations

from pathlib import Path


def program(path: Path, script: str) -> Path:
    """Write an executable shell script, creating its folder if necessary."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
