"""Other programs: for a small question, and our own for the user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PATIENCE = 5.0  # seconds that a small question may take


def said_by_shell(command: str, *arguments: str) -> str:
    """Return what a shell command prints, as git starts the user's own; empty where it fails.

    The arguments are no part of what the shell reads: the command has them as "$@".
    """
    try:
        return subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", command, "sh", *arguments],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""


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
