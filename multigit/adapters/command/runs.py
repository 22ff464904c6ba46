"""Deployments by a command on this machine: `./deploy.sh v1`, in an export of the very commit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count, takewhile
from pathlib import Path

from multigit.adapters.command.folder import alive, began, overdue, read, settled
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
from multigit.core.values.deploy_spec import CommandRunner
from multigit.core.values.deployment import KEYS, Order, Run, RunState, Sight
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import plural, shortened, visible
from multigit.core.values.work_tree import Gaps
from multigit.errors import MultigitError, NotBegunError
from multigit.hints import Hint

EXECUTABLE = "100755"
MOST_LINKS = 40  # on the way to one file, as on Linux
OUT_OF_TIME = 124  # as timeout(1) says it
Export = Callable[[str, str, Path], None]  # repository, commit, folder
ModeOf = Callable[[str, str, str], str]  # repository, commit, path → "100755", "" where absent
GapsIn = Callable[[str, str], Gaps]  # repository, commit
Typed = Callable[[str, str], str]  # repository, path → as a person types it here
LinkAt = Callable[[str, str, str], str | None]  # … → a symlink's target, None where there is none


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
        mode_of: ModeOf,
        link_at: LinkAt,
        gaps_in: GapsIn,
        typed: Typed,
    ) -> None:
        self._folder = folder
        self._alone = alone
        self._typed = typed
        self._export = export
        self._mode_of = mode_of
        self._link_at = link_at
        self._gaps_in = gaps_in
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def check(self, order: Order) -> Sequence[Problem]:
        """Look for the program, and for what its folder will lack of the repository."""
        return [*self._program(order), *_gaps(self._gaps_in(order.repo, order.sha))]

    def _program(self, order: Order) -> Sequence[Problem]:
        """Look for the program: on PATH, or in the commit."""
        program = self._command(order)[0]
        if "/" not in program or Path(program).is_absolute():
            if shutil.which(program):
                return ()
            return [_missing(f"the command {visible(program)} was not found.")]
        path = program.removeprefix("./")
        file = _led_to(path, lambda link: self._link_at(order.repo, order.sha, link))
        if file is None:  # what lies outside may be there when it is run
            return ()
        mode = self._mode_of(order.repo, order.sha, file) if file else ""
        if not mode:
            return [_missing(f"{visible(path)} is not in the commit {order.sha[:7]}.")]
        if mode != EXECUTABLE:
            hint = Hint.MAKE_EXECUTABLE.format(file=visible(self._typed(order.repo, file)))
            return [Problem("command_not_executable", f"{visible(file)} is not executable.", hint)]
        return ()

    def start(self, order: Order) -> Run:
        """Export the commit and start the command there, in a folder of its own for each start.

        An earlier one that was given up keeps its folder: its supervisor may still come up there.
        """
        with _told("started"):
            folder = self._new_place(order)
            make_folder(folder / TREE)
            with _removed_unless_whole(folder):
                self._export(order.repo, order.sha, folder / TREE)
            words = json.dumps({"command": self._command(order)})
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
            raise NotBegunError("the command was not started.")
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

    def _command(self, order: Order) -> list[str]:
        if not isinstance(order.runner, CommandRunner):
            raise MultigitError(f"{order.repo} is not deployed by a command.")
        return [order.fill(part) for part in order.runner.command]

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


def _led_to(path: str, link_at: Callable[[str], str | None]) -> str | None:
    """Return the path in a commit to which one leads over symlinks; None where they lead out."""
    ahead, behind, links = path.split("/")[::-1], list[str](), 0
    while ahead:
        part = ahead.pop()
        if part == ".." and not behind:
            return None
        if part == "..":
            behind.pop()
        elif part not in {"", "."}:
            behind.append(part)
            target = link_at("/".join(behind))
            if target is None:
                continue
            links += 1
            if target.startswith("/") or links > MOST_LINKS:
                return None
            behind.pop()
            ahead += target.split("/")[::-1]
    return "/".join(behind)


def _gaps(gaps: Gaps) -> Iterator[Problem]:
    """Yield what the command will not find in its folder; it may well do without."""
    if paths := gaps.submodules:
        folders = f"{plural(len(paths), 'submodule folder')} {'is' if len(paths) == 1 else 'are'}"
        yield Problem(
            "submodules_not_exported",
            f"{folders} empty where the command runs: {shortened(paths)}.",
            "If the command needs what is in there, let it clone that itself.",
            Severity.WARN,
            files=paths,
        )
    if paths := gaps.pointers:
        files = "1 file is a pointer" if len(paths) == 1 else f"{len(paths)} files are pointers"
        yield Problem(
            "pointers_exported",
            f"{files} without content where the command runs: {shortened(paths)}.",
            "If the command needs the content, set up the filter on this machine: git lfs install",
            Severity.WARN,
            files=paths,
        )


def _missing(sentence: str) -> Problem:
    return Problem(
        "command_missing", sentence, "Correct command in the deploy table, or add the program."
    )


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
