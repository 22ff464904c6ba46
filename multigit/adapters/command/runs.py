"""Deployments by a command on this machine: `./deploy.sh v1`, in an export of the very commit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count, takewhile
from pathlib import Path

from multigit.adapters.command.folder import alive, began, overdue, read, settled
from multigit.adapters.command.preflight import CommandPreflight, command_of
from multigit.adapters.command.supervisor import (
    ENDED,
    GIVEN_UP,
    ORDER,
    OUTPUT,
    PID,
    TREE,
    claim,
    ending,
    keep,
    remove_tree,
    write_new,
)
from multigit.adapters.files.durable import make_folder, sync_folder
from multigit.adapters.system import processes
from multigit.core.values.deployment import KEYS, Order, Run, RunState, Sight
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError, NotStartedError

OUT_OF_TIME = 124  # as timeout(1) says it
Export = Callable[[str, str, Path], None]  # repository, commit, folder


class CommandRuns:
    """Runs commands, each in a folder of its own below `folder`, .multigit/operations.

    A run continues when multigit ends; the next multigit finds it by its folder. Who is not `alone`
    there only looks: somebody else may be about to start what has not begun.
    """

    def __init__(
        self,
        folder: Path,
        *,
        alone: bool,
        export: Export,
        preflight: CommandPreflight,
    ) -> None:
        self._folder = folder
        self._alone = alone
        self._export = export
        self._preflight = preflight
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def check(self, order: Order) -> Sequence[Problem]:
        """Return what would keep the command from starting, or what it will not find."""
        return self._preflight.check(order)

    def start(self, order: Order) -> Run:
        """Export the commit and start the command there, in a folder of its own for each start.

        An earlier one that was given up keeps its folder: its supervisor may still come up there.
        """
        with _told("started"):
            folder = self._new_place(order)
            make_folder(folder / TREE)
            with _removed_unless_whole(folder):
                self._export(order.repo, order.sha, folder / TREE)
            words = json.dumps({"command": command_of(order)})
            write_new(folder / ORDER, words.encode())
            process = subprocess.Popen(  # noqa: S603  (our own interpreter)
                [sys.executable, "-P", "-m", "multigit.adapters.command.supervisor", str(folder)],
                env=os.environ | _variables(order),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal does not end a deployment
            )
        run = self._run(folder)
        self._running[run.id] = process
        return run

    def find(self, order: Order) -> Run | None:
        """Return the run that an earlier multigit started; raises NotBegunError if none did."""
        with _told("looked for"):
            places = [*takewhile(Path.exists, self._places(order))]
            has_begun = self._began(places[-1]) if places else None
        if has_begun is False or (self._alone and not places):
            if places and self._alone:
                remove_tree(places[-1])
            raise NotStartedError("the command was not started.")
        return self._run(places[-1]) if has_begun else None

    def look(self, order: Order, run: Run) -> Sight:
        """Read how the command ended, or see that it still runs."""
        del order
        with _told("looked at"):
            return self._look(self._folder / run.id, self._running.get(run.id))

    def end(self, order: Order, run: Run) -> None:
        """End the command with all that it started, by the group that its supervisor leads.

        One that has not begun never does.
        """
        del order
        folder = self._folder / run.id
        with _told("ended"), suppress(FileNotFoundError):
            if claim(folder, GIVEN_UP):
                remove_tree(folder)
            elif alive(folder):
                supervisor = processes.recorded(read(folder / PID))
                if supervisor and processes.signal(supervisor, signal.SIGKILL, group=True):
                    keep(folder / ENDED, ending(OUT_OF_TIME, folder))

    def _look(self, folder: Path, process: subprocess.Popen[bytes] | None) -> Sight:
        if not folder.is_dir():
            detail = f"nobody knows how it ended: the folder {self._shown(folder)} is gone."
            return Sight(RunState.UNKNOWN, detail=detail)
        if process and process.poll() is None:
            return Sight(RunState.RUNNING)
        has_begun = self._began(folder)  # before the lock, which is taken before it begins
        is_alive = alive(folder)  # before the file, which is written before the lock is let go
        if (folder / ENDED).exists():
            sight = self._ended(folder)
            if sight.state is RunState.SUCCEEDED and self._alone:  # what failed stays, to be seen
                remove_tree(folder)
            return sight
        return Sight(RunState.RUNNING) if is_alive else self._left(folder, began=has_begun)

    def _began(self, folder: Path) -> bool | None:
        return settled(folder) if self._alone else began(folder)

    def _left(self, folder: Path, *, began: bool | None) -> Sight:
        """Return how a run stands that has no supervisor and no end."""
        if began is None and not self._alone and overdue(folder):
            return Sight(RunState.UNKNOWN, detail="it should have begun long ago.")
        if began is None:
            return Sight(RunState.QUEUED)
        if not began:
            return Sight(RunState.FAILED, detail="it was never started.")
        detail = "nobody saw how it ended: its supervisor was killed."
        return Sight(RunState.UNKNOWN, detail=detail, output=self._shown(folder / OUTPUT))

    def _ended(self, folder: Path) -> Sight:
        status, _, said = read(folder / ENDED).partition("\n")
        if status == "0":
            return Sight(RunState.SUCCEEDED)
        detail = (
            f"it ended with status {status}{f', and its last words were: {said}' if said else '.'}"
        )
        return Sight(RunState.FAILED, detail=detail, output=self._shown(folder / OUTPUT))

    def _shown(self, path: Path) -> str:
        """Return where something lies, as seen from the workspace."""
        return os.path.relpath(path, self._folder.parent.parent)

    def _run(self, folder: Path) -> Run:
        """Return a run by its folder, as seen from ours: a workspace may be moved."""
        return Run(folder.relative_to(self._folder).as_posix())

    def _places(self, order: Order) -> Iterator[Path]:
        """Yield the folders of one order's starts: 1, and should that be given up, 1.2, 1.3, …."""
        first = self._folder.joinpath(*order.key.split("/"))
        yield first
        yield from (first.with_name(f"{first.name}.{number}") for number in count(2))

    def _new_place(self, order: Order) -> Path:
        """Make a folder that no start had before; its name is on disk when this returns."""
        folder = next(place for place in self._places(order) if not place.exists())
        make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        for above in takewhile(self._folder.parent.__ne__, folder.parents):
            sync_folder(above)
        return folder


def _variables(order: Order) -> dict[str, str]:
    """Return what the command finds in its environment, as in MULTIGIT_RELEASE."""
    return {f"MULTIGIT_{key.upper()}": str(getattr(order, key)) for key in KEYS}


@contextmanager
def _removed_unless_whole(folder: Path) -> Iterator[None]:
    """Keep no half of an export."""
    try:
        yield
    except BaseException:
        remove_tree(folder)
        raise


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Let what the system refuses be told as a sentence."""
    try:
        yield
    except OSError as error:
        raise MultigitError(
            f"the command could not be {done}: {error.strerror or error}.",
            hint="Check owner, permissions and room of .multigit/operations.",
            code="command_trouble",
        ) from error
