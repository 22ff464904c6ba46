"""Shell scripts that stand for programs and hooks."""

from __future__ import annotations

from pathlib import Path


def program(path: Path, script: str) -> Path:
    """Write a shell script that can be run, also below a folder that is not there yet."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
