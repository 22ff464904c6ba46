"""Deployments by a command on this machine: `./deploy.sh v1`, in an export of the commit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from itertools import count, takewhile
from pathlib import Path

from multigit.adapters.command.folder import (
    alive,
    began,
    commanded,
    decided,
    orphans,
    overdue,
    read,
    survivors,
)
from multigit.adapters.command.preflight import CommandPreflight, command_of
from multigit.adapters.command.supervisor import (
    ENDED,
    GIVEN_UP,
    GRACE,
    MARK,
    ORDER,
    OUTPUT,
    PID,
    STOPPED,
    TREE,
    claim,
    remove_tree,
    write_new,
)
from multigit.adapters.files.durable import make_folder, sync_folder
from multigit.adapters.system import processes
from multigit.adapters.system.process_tree import LAST, end_all, still_running
from multigit.core.values.deployment import KEYS, DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError, NotStartedError

POLL_INTERVAL = 0.05  # seconds between two checks whether a supervisor has ended
PATIENCE = 5.0  # seconds that it may take longer than planned


@dataclass(frozen=True, slots=True)
class CommandRuns:
    """Runs commands, each in a folder of its own below `folder`, .multigit/operations.

    A run continues after multigit ends; the next multigit finds it by its folder. Without `alone`,
    which means that the workspace lock is held, it only reads: another multigit may be about to
    start what has not started yet. `grace` is how many seconds a command that is
    asked to end may take.
    """

    folder: Path
    _: KW_ONLY
    alone: bool
    export: Callable[[str, str, Path], None]  # repository, commit, folder
    preflight: CommandPreflight
    grace: float = GRACE
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, repr=False)

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Return what would keep the command from starting, and what its folder will lack."""
        return self.preflight.check(spec)

    def start(self, spec: DeploymentSpec) -> Run:
        """Export the commit and start the command there, in a folder of its own for each start.

        An earlier one that was given up keeps its folder: its supervisor may still start there.
        """
        with _as_problem("started"):
            folder = self._new_place(spec)
            make_folder(folder / TREE)
            try:
                self.export(spec.repo, spec.sha, folder / TREE)
            except BaseException:  # no incomplete export is left
                remove_tree(folder)
                raise
            (folder / OUTPUT).touch(mode=0o600)  # it is named before the command writes to it
            mark = os.urandom(8).hex()
            order = {"command": command_of(spec), "mark": mark, "grace": self.grace}
            write_new(folder / ORDER, json.dumps(order).encode())
            process = subprocess.Popen(  # noqa: S603  (our own interpreter)
                [sys.executable, "-P", "-m", "multigit.adapters.command.supervisor", str(folder)],
                env=os.environ | _variables(spec) | {MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal does not end a deployment
            )
        run = self._run(folder)
        self._running[run.id] = process
        return run

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Return the run that an earlier multigit started; raises NotStartedError if none did."""
        with _as_problem("checked"):
            places = [*takewhile(Path.exists, self._places(spec))]
            has_started = self._began(places[-1]) if places else None
        if has_started is False or (self.alone and not places):
            if places and self.alone:
                remove_tree(places[-1])
            raise NotStartedError("the command was not started.")
        return self._run(places[-1]) if has_started else None

    def idle(self, spec: DeploymentSpec) -> None:
        """Return None: no push starts a command."""

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Read the command's result, or that it is still running."""
        del spec
        with _as_problem("checked"):
            return self._status(self.folder / run.id, self._running.get(run.id))

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """Have the supervisor end the command with everything it started, and wait for that.

        If the supervisor was killed, this does it. One that has not started never will.
        """
        del spec
        folder = self.folder / run.id
        with _as_problem("ended"), suppress(FileNotFoundError):
            if claim(folder, GIVEN_UP):
                remove_tree(folder)
            elif alive(folder):
                supervisor = processes.recorded(read(folder / PID))
                if supervisor and processes.signal(supervisor, signal.SIGTERM):
                    processes.signal(supervisor, signal.SIGCONT)
                    self._await_end(folder, run)
            elif commanded(folder):
                end_all(lambda: orphans(folder), grace=self.grace, pause=time.sleep)

    def _await_end(self, folder: Path, run: Run) -> None:
        """Wait until the supervisor has ended, but not much longer than that should take."""
        process, until = self._running.get(run.id), time.monotonic() + self.grace + LAST + PATIENCE
        while alive(folder) or (process and process.poll() is None):
            if time.monotonic() >= until:
                break
            time.sleep(POLL_INTERVAL)

    def _status(self, folder: Path, process: subprocess.Popen[bytes] | None) -> RunStatus:
        if not folder.is_dir():
            detail = f"the folder {self._shown(folder)} is gone."
            return RunStatus(RunState.UNKNOWN, detail=detail)
        if process and process.poll() is None:
            return RunStatus(RunState.RUNNING)
        has_started = self._began(folder)  # before the lock, which is taken before it starts
        is_alive = alive(folder)  # before the file, which is written before the lock is released
        if (folder / ENDED).exists():
            status = self._ended(folder)
            if self.alone and status.state is RunState.SUCCEEDED:
                remove_tree(folder)  # that of a failed command stays
            return status
        if is_alive:
            return RunStatus(RunState.RUNNING)
        return self._unsupervised(folder, began=has_started)

    def _began(self, folder: Path) -> bool | None:
        return decided(folder) if self.alone else began(folder)

    def _unsupervised(self, folder: Path, *, began: bool | None) -> RunStatus:
        """Return the state of a run that has no supervisor and no result.

        It runs for as long as the command does; what that started may be meant to stay.
        """
        if began is None and not self.alone and overdue(folder):
            return RunStatus(RunState.UNKNOWN, detail="it should have started long ago.")
        if began is None:
            return RunStatus(RunState.QUEUED)
        if not began:
            return RunStatus(RunState.FAILED, detail="it was never started.")
        runs, detail = commanded(folder), "its supervisor was killed."
        if running := [(each.process.pid, each.name) for each in orphans(folder)]:
            more = still_running(running, " of the command")
            detail += f" {more[:1].upper()}{more[1:]}"
        state = RunState.RUNNING if runs else RunState.UNKNOWN
        return RunStatus(state, detail=detail, output=self._shown(folder / OUTPUT))

    def _ended(self, folder: Path) -> RunStatus:
        """Return the result of a run; if not all of it could be ended, it is still running."""
        stopped = (folder / STOPPED).exists()
        if stopped and (running := survivors(folder)):
            return RunStatus(RunState.RUNNING, detail=still_running(running))
        status, _, last = read(folder / ENDED).partition("\n")
        if status == "0":
            return RunStatus(RunState.SUCCEEDED)
        words = f"; its last line of output: {last}" if last else "."
        detail = f"it {'was ended' if stopped else f'ended with status {status}'}{words}"
        return RunStatus(RunState.FAILED, detail=detail, output=self._shown(folder / OUTPUT))

    def _shown(self, path: Path) -> str:
        """Return a path relative to the workspace."""
        return os.path.relpath(path, self.folder.parent.parent)

    def _run(self, folder: Path) -> Run:
        """Return a run by its folder, relative to that of all: a workspace may be moved."""
        name = folder.relative_to(self.folder).as_posix()
        return Run(name, output=self._shown(folder / OUTPUT))

    def _places(self, spec: DeploymentSpec) -> Iterator[Path]:
        """Yield the folders for the starts of a spec: 1, and if that was given up, 1.2, 1.3, …."""
        first = self.folder.joinpath(*spec.key.split("/"))
        yield first
        yield from (first.with_name(f"{first.name}.{number}") for number in count(2))

    def _new_place(self, spec: DeploymentSpec) -> Path:
        """Make a folder that no earlier start used; its name is on disk when this returns."""
        folder = next(place for place in self._places(spec) if not place.exists())
        make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        for above in takewhile(self.folder.parent.__ne__, folder.parents):
            sync_folder(above)
        return folder


def _variables(spec: DeploymentSpec) -> dict[str, str]:
    """Return the variables for the command's environment, such as MULTIGIT_RELEASE."""
    return {f"MULTIGIT_{key.upper()}": str(getattr(spec, key)) for key in KEYS}


@contextmanager
def _as_problem(done: str) -> Iterator[None]:
    """Raise an error of the system as a MultigitError: the command could not be `done`."""
    try:
        yield
    except OSError as error:
        raise MultigitError(
            f"the command could not be {done}: {error.strerror or error}.",
            hint="Check the owner, the permissions and the free space of .multigit/operations.",
            code="command_trouble",
        ) from error
