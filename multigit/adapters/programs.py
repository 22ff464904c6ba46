"""Other programs, run in the foreground on the user's own terminal, and our own for the user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def run_here(command: Sequence[str], folder: Path) -> int:
    """Run a program in the folder with our own standard streams and return its exit status."""
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603


def typed() -> tuple[str, ...]:
    """Return what starts multigit when it is typed in any folder.

    That is its name where the shell finds it, else the path by which it was started.
    """
    found = shutil.which("multigit")
    if found and os.path.isabs(found):  # noqa: PTH117  (as the shell wrote it)
        return ("multigit",)
    program = Path(sys.argv[0]).absolute()
    if program.name == "multigit" and os.access(program, os.X_OK):
        return (str(program),)
    return (sys.executable, "-m", "multigit")
