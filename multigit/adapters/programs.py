"""Other programs, run in the foreground on the user's own terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def run_here(command: Sequence[str], folder: Path) -> int:
    """Run a program in the folder with our own standard streams and return its exit status."""
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603
