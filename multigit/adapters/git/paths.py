"""Paths as git takes them: as its input, and as arguments that match nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from os import fsencode
from pathlib import Path
from shlex import quote

from multigit.core.values.workspace import named_in

SUBMODULE = "160000"  # git's mode of a submodule


def terminated(entries: Iterable[str]) -> bytes:
    """Return the input for `-z --stdin`: each entry with a NUL after it."""
    return b"".join(fsencode(entry) + b"\0" for entry in entries)


def literal(paths: Iterable[str]) -> list[str]:
    """Return pathspecs that match these paths and what is below them, and nothing else."""
    return [f":(top,literal){path}" for path in paths]


def typed(folder: Path) -> str:
    """Return a folder as a person types it in the current one, which git may have removed."""
    with suppress(OSError):
        return quote(named_in(Path.cwd(), folder))
    return quote(str(folder))
