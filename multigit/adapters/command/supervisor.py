"""Runs one deployment command and keeps its result, even if multigit itself has ended by then.

Started as `python -m multigit.adapters.command.supervisor FOLDER`. The folder has the order. This
process holds the file `alive` there for as long as it runs. The process that first creates the file
`began` there decides about the run: the supervisor, which then runs the command, or a multigit that
gives up waiting for it. There is never a second run, however slow or late one of them is.
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
GIVEN_UP = b"given up"  # in the file `began` of a run that will never start
NOT_FOUND = 127  # the exit status of a shell
TAIL = 2000  # bytes of the output in which its last line is searched for


def supervise(folder: Path) -> None:
    """Run the command of the folder's order in its tree, once, and write down its result."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    with holding(folder / ALIVE):
        keep(folder / PID, str(identity(os.getpid())))
        if claim(folder):
            status = run(order, folder)
            keep(folder / ENDED, ending(status, folder))
            if status == 0:  # the export of a failed command stays for troubleshooting
                remove_tree(folder)


def claim(folder: Path, by: bytes = b"") -> bool:
    """Claim the run; False if another process has it. The claim is on disk when this returns."""
    try:
        write_new(folder / BEGAN, by)
    except FileExistsError:
        return False
    return True


def write_new(file: Path, data: bytes) -> None:
    """Create a file that must not exist; it and its name are on disk when this returns."""
    append(open_private(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL), data)
    sync_folder(file.parent)


def run(order: dict[str, list[str]], folder: Path) -> int:
    """Run the command and return its exit status: 127, as in a shell, if it cannot be started."""
    with (folder / OUTPUT).open("ab") as output:
        try:
            return subprocess.run(  # noqa: S603  (what the configuration names)
                order["command"],
                cwd=folder / TREE,
                env=for_commands(os.environ),
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
        except OSError as error:
            output.write(f"{order['command'][0]}: {error.strerror}\n".encode())
            return NOT_FOUND


def remove_tree(folder: Path) -> None:
    """Remove the export without following links."""
    shutil.rmtree(folder / TREE, ignore_errors=True)


def ending(status: int, folder: Path) -> str:
    """Return what is kept of a run's result: its exit status, and the last line of its output.

    The line contains no secret of this environment, which is the command's. A later multigit may
    have another one, and could not tell.
    """
    try:
        return f"{status}\n{_last_words(folder, secrets(os.environ))}"
    except OSError:
        return f"{status}\n"


def _last_words(folder: Path, hidden: tuple[str, ...]) -> str:
    """Return the last line of the command's output, harmless and short."""
    spare = max((len(secret.encode("utf-8", "surrogateescape")) for secret in hidden), default=0)
    with (folder / OUTPUT).open("rb") as stream:
        begin = max(0, stream.seek(0, os.SEEK_END) - TAIL - spare)
        stream.seek(begin)
        text = redacted(stream.read().decode("utf-8", "replace"), hidden)
    if begin:  # it may begin within a secret, which was not recognized then
        text = "".join(text[spare:].split(maxsplit=1)[1:])
    lines = text.strip().splitlines()
    return visible(masked(lines[-1]))[:100] if lines else ""


def keep(file: Path, text: str) -> None:
    """Write a file so that it is complete or does not exist."""
    scratch = file.with_suffix(".new")
    scratch.write_text(text, encoding="utf-8")
    with scratch.open("rb") as stream:
        os.fsync(stream.fileno())
    scratch.replace(file)


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
