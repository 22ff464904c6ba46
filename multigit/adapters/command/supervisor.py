"""Runs one deployment command and keeps how it ended, also when multigit itself is gone by then.

Started as `python -m multigit.adapters.command.supervisor FOLDER`. The folder holds the order;
while the command runs, this process holds the file `alive` there, until it ends. Whoever makes the
file `began` there first decides about the run: the supervisor, which then runs the command, or who
does not want to wait for it any longer. There is no second run, however slow or late somebody is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from multigit.adapters.files.durable import append, open_private, sync_folder
from multigit.adapters.files.holding import holding
from multigit.adapters.system.environment import for_commands, secrets
from multigit.adapters.system.processes import identity
from multigit.core.values.text import masked, redacted, visible

ORDER, ALIVE, BEGAN, ENDED = "order", "alive", "began", "ended"
OUTPUT, PID, TREE = "output.log", "pid", "tree"
GIVEN_UP = b"given up"  # in the file `began` of a run that is never going to begin
NOT_FOUND = 127  # as a shell says it
TAIL = 2000  # bytes of the output in which its last line is looked for


def supervise(folder: Path) -> None:
    """Run the command of the folder's order in its tree, once; write down how it ended."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    with holding(folder / ALIVE):
        keep(folder / PID, str(identity(os.getpid())))
        if claim(folder):
            status = run(order, folder)
            keep(folder / ENDED, ending(status, folder))
            if status == 0:  # what failed stays, to be looked at
                remove_tree(folder)


def claim(folder: Path, by: bytes = b"") -> bool:
    """Take the run for oneself; False where somebody has it. It is on disk when this returns."""
    try:
        write_new(folder / BEGAN, by)
    except FileExistsError:
        return False
    return True


def write_new(file: Path, data: bytes) -> None:
    """Make a file that must not be there yet; it is on disk, and its name, when this returns."""
    append(open_private(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL), data)
    sync_folder(file.parent)


def run(order: dict[str, list[str]], folder: Path) -> int:
    """Return the exit status; one that cannot be started counts like a shell's 127."""
    with (folder / OUTPUT).open("ab") as output:
        try:
            done = subprocess.run(  # noqa: S603  (what the configuration names)
                order["command"],
                cwd=folder / TREE,
                env=for_commands(os.environ),
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            output.write(f"{order['command'][0]}: {error.strerror}\n".encode())
            return NOT_FOUND
    return done.returncode


def remove_tree(folder: Path) -> None:
    """Remove the export; never what a link leads to."""
    shutil.rmtree(folder / TREE, ignore_errors=True)


def ending(status: int, folder: Path) -> str:
    """Return what is kept of a run's end: its exit status, and below that its last words.

    No secret of this environment is in them. Nobody but us knows for sure what the command could
    see: who asks later may have another environment.
    """
    try:
        return f"{status}\n{_last_words(folder, secrets(os.environ))}"
    except OSError:
        return f"{status}\n"


def _last_words(folder: Path, hidden: tuple[str, ...]) -> str:
    """Return the last line of the command's output, harmless and short."""
    spare = max((len(each.encode("utf-8", "surrogateescape")) for each in hidden), default=0)
    with (folder / OUTPUT).open("rb") as stream:
        begin = max(0, stream.seek(0, os.SEEK_END) - TAIL - spare)
        stream.seek(begin)
        said = redacted(stream.read().decode("utf-8", "replace"), hidden)
    if begin:  # it may begin within a secret, which is then none that we know
        said = "".join(said[spare:].split(maxsplit=1)[1:])
    lines = said.strip().splitlines()
    return visible(masked(lines[-1]))[:100] if lines else ""


def keep(file: Path, text: str) -> None:
    """Write a file so that it is whole or not there."""
    scratch = file.with_suffix(".new")
    scratch.write_text(text, encoding="utf-8")
    with scratch.open("rb") as stream:
        os.fsync(stream.fileno())
    scratch.replace(file)


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
