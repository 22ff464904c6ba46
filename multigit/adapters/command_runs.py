"""Deployments by a command on this machine: `./deploy.sh v1`, in an export of the very commit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from multigit.adapters.durable import make_folder
from multigit.adapters.supervisor import ALIVE, BEGAN, ENDED, ORDER, OUTPUT, PID, TREE, keep
from multigit.core.deployment import KEYS, CommandRunner, Order, Run, RunState, Sight
from multigit.core.problem import Problem
from multigit.core.text import masked, visible
from multigit.errors import GitError, MultigitError, NotBegunError

EXECUTABLE = "100755"
OUT_OF_TIME = 124  # as timeout(1) says it
PATIENCE = 30.0  # seconds in which a supervisor has surely begun
Export = Callable[[str, str, Path], None]  # repository, commit, folder
ModeOf = Callable[[str, str, str], str]  # repository, commit, path → "100755", "" where absent


class CommandRuns:
    """Runs commands, each in a folder of its own below `folder`, .multigit/operations.

    A run goes on when multigit ends; the next multigit finds it by its folder.
    """

    def __init__(self, folder: Path, *, export: Export, mode_of: ModeOf) -> None:
        self._folder = folder
        self._export = export
        self._mode_of = mode_of
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def check(self, order: Order) -> Sequence[Problem]:
        """Look for the program: on PATH, or in the commit."""
        program = self._command(order)[0]
        if "/" not in program or Path(program).is_absolute():
            if shutil.which(program):
                return ()
            return [_missing(f"the command {visible(program)} was not found.")]
        path = program.removeprefix("./")
        mode = self._mode_of(order.repo, order.sha, path)
        if not mode:
            return [_missing(f"{visible(path)} is not in the commit {order.sha[:7]}.")]
        if mode != EXECUTABLE:
            hint = f"Run there: git update-index --chmod=+x {visible(path)}, commit, and push it."
            return [Problem("command_not_executable", f"{visible(path)} is not executable.", hint)]
        return ()

    def start(self, order: Order) -> Run:
        """Export the commit and start the command there."""
        folder = self._place(order)
        words = json.dumps({"command": self._command(order)})
        try:
            shutil.rmtree(folder, ignore_errors=True)
            make_folder(folder / TREE)
            self._export(order.repo, order.sha, folder / TREE)
            (folder / ORDER).write_text(words, encoding="utf-8")
            process = subprocess.Popen(  # noqa: S603  (our own interpreter)
                [sys.executable, "-P", "-m", "multigit.adapters.supervisor", str(folder)],
                env=os.environ | _variables(order),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal does not end a deployment
            )
        except OSError as error:
            raise GitError(f"the command could not be started: {error.strerror}.") from error
        self._running[str(folder)] = process
        return Run(str(folder))

    def find(self, order: Order) -> Run | None:
        """Return the run that an earlier multigit started; raises NotBegunError if none did."""
        folder = self._place(order)
        if (folder / BEGAN).exists():
            return Run(str(folder))
        if not (folder / ORDER).exists() or _given_up(folder):
            raise NotBegunError("the command was not started.")
        return None

    def look(self, order: Order, run: Run) -> Sight:
        """Read how the command ended, or see that it still runs."""
        del order
        folder = Path(run.id)
        process = self._running.get(run.id)
        alive = _alive(folder)  # before the file, which may be written in between
        if (folder / ENDED).exists():
            if process:  # which has nothing left to do, and must not stay as a zombie
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)
            sight = self._ended(folder, int((folder / ENDED).read_text()))
            if sight.state is RunState.SUCCEEDED:  # what failed stays, to be looked at
                shutil.rmtree(folder / TREE, ignore_errors=True)
            return sight
        if alive or (process and process.poll() is None):
            return Sight(RunState.RUNNING)
        if (folder / BEGAN).exists():
            detail = "nobody saw how it ended: its supervisor was killed."
            return Sight(RunState.UNKNOWN, detail=detail, output=self._shown(folder))
        if _given_up(folder):
            return Sight(RunState.FAILED, detail="it was never started.")
        return Sight(RunState.QUEUED)

    def end(self, order: Order, run: Run) -> None:
        """End the command with all that it started, by the group that its supervisor leads."""
        del order
        folder = Path(run.id)
        if _alive(folder):
            with suppress(OSError, ValueError):
                os.killpg(int((folder / PID).read_text()), signal.SIGKILL)
                keep(folder / ENDED, str(OUT_OF_TIME))

    def _command(self, order: Order) -> list[str]:
        if not isinstance(order.runner, CommandRunner):
            raise MultigitError(f"{order.repo} is not deployed by a command.")
        return [order.fill(part) for part in order.runner.command]

    def _ended(self, folder: Path, status: int) -> Sight:
        if status == 0:
            return Sight(RunState.SUCCEEDED)
        said = _last_line(folder)
        detail = (
            f"it ended with status {status}{f', and its last words were: {said}' if said else '.'}"
        )
        return Sight(RunState.FAILED, detail=detail, output=self._shown(folder))

    def _shown(self, folder: Path) -> str:
        """Return where the output lies, as seen from the workspace."""
        return os.path.relpath(folder / OUTPUT, self._folder.parent.parent)

    def _place(self, order: Order) -> Path:
        return self._folder.joinpath(*order.key.split("/"))


def _missing(sentence: str) -> Problem:
    return Problem(
        "command_missing", sentence, "Correct command in the deploy table, or add the program."
    )


def _variables(order: Order) -> dict[str, str]:
    """Return what the command finds in its environment, as in MULTIGIT_RELEASE."""
    return {f"MULTIGIT_{key.upper()}": str(getattr(order, key)) for key in KEYS}


def _given_up(folder: Path) -> bool:
    """Tell whether a supervisor that was to begin long ago is not there."""
    return time.time() - (folder / ORDER).stat().st_mtime > PATIENCE and not _alive(folder)


def _alive(folder: Path) -> bool:
    """Tell whether the supervisor still holds its lock."""
    if not (folder / ALIVE).exists():
        return False
    try:
        with FileLock(folder / ALIVE, timeout=0):
            return False
    except Timeout:
        return True


def _last_line(folder: Path) -> str:
    """Return the last line of the command's output, harmless and short."""
    try:
        with (folder / OUTPUT).open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 2000))
            lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return visible(masked(lines[-1]))[:100] if lines else ""
