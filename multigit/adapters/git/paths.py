"""Paths as git takes them: as its input, and as arguments that match nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from os import fsencode

SUBMODULE = "160000"  # git's mode of a submodule


def terminated(entries: Iterable[str]) -> bytes:
    """Return the input for `-z --stdin`: each entry with a NUL after it."""
    return b"".join(fsencode(entry) + b"\0" for entry in entries)


def literal(paths: Iterable[str]) -> list[str]:
    """Return pathspecs that match these paths and what is below them, and nothing else."""
    return [f":(top,literal){path}" for path in paths]
