"""Runs one deployment command and keeps its result, even if multigit itself has ended by then.

Started as `python -m multigit.adapters.command.supervisor FOLDER`. The folder has the order. This
process holds the file `alive` there for as long as it runs. The process that first creates the file
`began` there decides about the run: the supervisor, which then runs the command, or a multigit that
gives up waiting for it. There is never a second run, however slow or late one of them is.

SIGTERM makes it end the command with everything that it started. It is the one to do that: it is
their parent, and goes through with it even if multigit is killed meanwhile.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multigit.adapters.files.durable import append, open_private, sync_folder
from multigit.adapters.files.holding import holding
from multigit.adapters.system.environment import for_commands, secrets
from multigit.adapters.system.process_tree import adopt_orphans, descendants, end_all
from multigit.adapters.system.processes import Seen, identity
from multigit.core.values.text import masked, redacted, visible

ORDER, ALIVE, BEGAN, ENDED = "order", "alive", "began", "ended"
OUTPUT, PID, TREE = "output.log", "pid", "tree"
COMMAND = "command"  # the process of the command itself, not what it starts
STOPPED = "stopped"  # the processes that could not be ended, as JSON: [[process, name], …]
MARK = "MULTIGIT_RUN"  # the variable by which its processes are found
GRACE = 10.0  # seconds between the signal that can be caught and the one that cannot
GIVEN_UP = b"given up"  # in the file `began` of a run that will never start
OUT_OF_TIME = 124  # the exit status of timeout(1)
NOT_FOUND = 127  # the exit status of a shell
LOOKS = 20  # at what is left, while the supervisor has a child but no look shows it
TAIL = 2000  # bytes of the output in which its last line is searched for


def supervise(folder: Path) -> None:
    """Run the command of the folder's order in its tree, once, and write down its result."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    with noted_signals() as signals, holding(folder / ALIVE):
        keep(folder / PID, str(identity(os.getpid())))
        if claim(folder):
            status = run(order, folder, signals)
            keep(folder / ENDED, ending(status, folder))
            if status == 0:  # the export of a failed command stays for troubleshooting
                remove_tree(folder)


@dataclass(slots=True)
class Signals:
    """Whether this process was asked to end; `pipe` becomes readable with each signal."""

    pipe: int
    ending: bool = False

    def note(self, number: int, _frame: object) -> None:
        """Handle a signal."""
        self.ending = self.ending or number == signal.SIGTERM

    def wait(self, seconds: float | None = None) -> None:
        """Wait for a signal: a child has ended, or this process is to end."""
        if select.select([self.pipe], [], [], seconds)[0]:
            os.read(self.pipe, select.PIPE_BUF)


@contextmanager
def noted_signals() -> Iterator[Signals]:
    """Note signals instead of ending by them; as before afterwards."""
    pipe, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signals = Signals(pipe)
    handled = (signal.SIGTERM, signal.SIGCHLD)
    before: dict[int, Any] = {number: signal.signal(number, signals.note) for number in handled}
    former = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(former)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wakeup)
        os.close(pipe)


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


def run(order: dict[str, Any], folder: Path, signals: Signals) -> int:
    """Run the command and return its exit status: 127, as in a shell, if it cannot be started."""
    adopt_orphans()
    with (folder / OUTPUT).open("ab") as output:
        try:
            process = subprocess.Popen(  # noqa: S603  (what the configuration names)
                order["command"],
                cwd=folder / TREE,
                env=for_commands(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            output.write(f"{order['command'][0]}: {error.strerror}\n".encode())
            return NOT_FOUND
    with suppress(OSError):  # if the disk is full, the command still has to be watched
        keep(folder / COMMAND, str(identity(process.pid)))
    while (status := reaped(process.pid)) is None and not signals.ending:
        signals.wait()
    if status is None:
        status = stop(process.pid, order, folder, signals)
    process.returncode = status  # it need not be waited for any more
    return status


def stop(command: int, order: dict[str, Any], folder: Path, signals: Signals) -> int:
    """End the command with everything that it started, and note what could not be ended."""

    def pause(seconds: float) -> None:
        signals.wait(seconds)
        reaped(command)

    def find() -> tuple[Seen, ...]:
        """Look again if nothing is seen: what starts another and ends can escape a look."""
        for _ in range(LOOKS):
            found = descendants(os.getpid(), f"{MARK}={os.environ.get(MARK, '')}")
            if found or childless():
                return found
        return ()

    left = end_all(find, grace=order.get("grace", GRACE), pause=pause)
    keep(folder / STOPPED, json.dumps([(str(each.process), each.name) for each in left]))
    return OUT_OF_TIME


def reaped(pid: int) -> int | None:
    """Let every child that has ended go; return the exit status of this one if it is among them."""
    status = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == pid:
                status = os.waitstatus_to_exitcode(ended[1])
    return status


def childless() -> bool:
    """Let every child that has ended go, and return whether none is left."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return False
    return True


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
