"""Runs one deployment command and keeps how it ended, also when multigit itself is gone by then.

Started as `python -m multigit.adapters.supervisor FOLDER`. The folder holds the order; while the
command runs, this process holds the lock `alive` there, which dies with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ORDER, ALIVE, BEGAN, ENDED = "order", "alive", "began", "ended"
OUTPUT, PID, TREE = "output.log", "pid", "tree"
NOT_FOUND = 127  # as a shell says it


def supervise(folder: Path) -> None:
    """Run the command of the folder's order in its tree, once; write its exit status down."""
    with FileLock(folder / ALIVE):
        if (folder / BEGAN).exists():
            return
        keep(folder / PID, str(os.getpid()))
        order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
        (folder / BEGAN).touch()
        keep(folder / ENDED, str(run(order, folder)))


def run(order: dict[str, list[str]], folder: Path) -> int:
    """Return the exit status; one that cannot be started counts like a shell's 127."""
    with (folder / OUTPUT).open("ab") as output:
        try:
            done = subprocess.run(  # noqa: S603  (what the configuration names)
                order["command"],
                cwd=folder / TREE,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            output.write(f"{order['command'][0]}: {error.strerror}\n".encode())
            return NOT_FOUND
    return done.returncode


def keep(file: Path, text: str) -> None:
    """Write a file so that it is whole or not there."""
    scratch = file.with_suffix(".new")
    scratch.write_text(text, encoding="utf-8")
    with scratch.open("rb") as stream:
        os.fsync(stream.fileno())
    scratch.replace(file)


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
