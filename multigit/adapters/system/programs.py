"""Other programs, for a short output, and the command that starts multigit itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT = 5.0  # seconds


def shell_output(command: str, *arguments: str) -> str:
    """Return what a shell command prints, started as git starts the user's; empty if it fails.

    The shell does not interpret the arguments: in the command they are "$@".
    """
    try:
        return subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", command, "sh", *arguments],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT,
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""


def typed() -> tuple[str, ...]:
    """Return the words that start multigit in any folder.

    That is its name if the shell finds it, else the path by which it was started.
    """
    path = shutil.which("multigit")
    if path and os.path.isabs(path):  # noqa: PTH117  (as the shell wrote it)
        return ("multigit",)
    program = Path(sys.argv[0]).absolute()
    if program.name == "multigit" and os.access(program, os.X_OK):
        return (str(program),)
    return (sys.executable, "-m", "multigit")
