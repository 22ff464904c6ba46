"""One run of a command: the workspace, the screen and the ways to the world, opened together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multigit.adapters.config.load import find_config, load
from multigit.adapters.files.folder import WorkspaceFiles
from multigit.adapters.files.lock import exclusive, running
from multigit.adapters.git.lock_refs import RemoteLocks
from multigit.adapters.git.workspace import GitRepositories
from multigit.adapters.system import clock as moments
from multigit.adapters.system.actors import attended
from multigit.core.reports.history import torn
from multigit.core.values.moment import Moment
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.errors import MultigitError, RefusedError
from multigit.hints import Hint
from multigit.operation.selection import Common, Selection
from multigit.operation.stage_locks import give_back
from multigit.ui.screen import Screen

if TYPE_CHECKING:
    from multigit.adapters.runners import Runners
    from multigit.core.records.last_deployments import Last

FILES_PER_WORKER = 4
FILES_FOR_OURSELVES = 64


@dataclass(frozen=True, slots=True)
class Session:
    """What every command works with."""

    workspace: Workspace
    screen: Screen
    git: GitRepositories
    files: WorkspaceFiles
    moment: Moment
    jobs: int

    @classmethod
    def open(cls, common: Common) -> Session:
        """Read the configuration; raises ConfigError with everything that is wrong with it."""
        screen = Screen(
            json_wanted=common.json, color=not common.no_color, attended=attended(os.environ)
        )
        here = Path.cwd()
        workspace = load(find_config(here, os.environ, common.config)).seen_from(here)
        return cls(
            workspace=workspace,
            screen=screen,
            git=GitRepositories(workspace),
            files=WorkspaceFiles(workspace),
            moment=moments.now(workspace.timezone),
            jobs=min(common.jobs or workspace.jobs, most_workers()),
        )

    def runners(self) -> Runners:
        """Return what carries deployments out; who is not alone here only looks at them."""
        from multigit.adapters.runners import Runners

        return Runners(self.workspace, self.git, self.files.operations, alone=self.files.alone)

    def locks(self, name: str = "") -> RemoteLocks:
        """Return the locks in a repository's remote: in that of the configuration if none is named.

        Raises RefusedError when the configuration lost it.
        """
        repo = self.workspace.repo(name or self.workspace.lock_repo)
        return RemoteLocks(self.git.repository(repo))

    @contextmanager
    def exclusive(self, command: str) -> Iterator[None]:
        """Keep every other changing command out of the workspace meanwhile."""
        self.files.require_writable()
        actor = moments.actor("")
        holder = {
            "command": command,
            "user": actor.user,
            "host": actor.host,
            "pid": str(os.getpid()),
            "since": moments.utc_now(),
        }
        with exclusive(self.files.folder, holder):
            self.files.alone = True
            try:
                self.files.forget_unbegun()
                self._remove_leftovers()
                if self.files.log.set_aside():
                    self.screen.warn(torn(self.files.log.file.name, self.files.log.aside.name))
                yield
            finally:
                self.files.alone = False

    def _remove_leftovers(self) -> None:
        """Remove the folders that killed runs left, and the exports of commands that need none."""
        if not_closed := self.files.remove_leftovers():
            from multigit.adapters.command.folder import remove_unneeded_trees

            remove_unneeded_trees(self.files.operations, not_closed)

    @contextmanager
    def operation(self, command: str, *, dry_run: bool) -> Iterator[None]:
        """Begin a new operation: alone, and only when none is unfinished. A dry run may look."""
        if dry_run:
            yield
            return
        with self.alone(command):
            if found := self.files.unfinished():
                raise RefusedError(
                    f"The operation {found[-1]} is not finished.",
                    hint=self.ways_out(found[-1]),
                    code="unfinished_operation",
                )
            yield

    @contextmanager
    def alone(self, command: str, *, dry_run: bool = False) -> Iterator[tuple[str, ...]]:
        """Keep others out, and close what is over; yields the ids of that.

        A dry run only looks. While somebody is at work, it says that things are about to change.
        """
        if dry_run:
            if sentence := running(self.files.folder):
                self.screen.warn(Problem("locked", sentence, severity=Severity.WARN))
            yield ()
            return
        with self.exclusive(command):
            yield self._put_away_recorded()

    def _put_away_recorded(self) -> tuple[str, ...]:
        """Close what the log holds and a crash left open; return the ids.

        The locks that it left behind are given back; what stays is said.
        """
        recorded = self.files.recorded()
        for operation in recorded:
            journal, story = self.files.read_journal(operation)
            for problem in give_back(self, story.plan):
                self.screen.warn(problem)
            journal.close()
        return recorded

    def tell_unfinished(self) -> dict[str, Any]:
        """Say that an operation is unfinished, before anything else is shown.

        Returns what the document says of it: its id, and whose push may still arrive.
        """
        found = self.files.unfinished()
        if not found:
            return {"unfinished": None, "in_flight": []}
        if sentence := running(self.files.folder):
            self.screen.say(f"{sentence}\n", "bold yellow")
            return {"unfinished": found[-1], "in_flight": []}
        in_flight = self.in_flight(found[-1])
        self.screen.say(f"Unfinished: {found[-1]}", "bold yellow")
        if in_flight:
            self.screen.say(f"The push of {', '.join(in_flight)} may still arrive.")
        self.screen.say(f"{self.ways_out(found[-1])}\n")
        return {"unfinished": found[-1], "in_flight": in_flight}

    def last_deployed(self) -> Last:
        """Return the last deployment of each repository to each stage, unfinished ones included."""
        from multigit.core.records.last_deployments import with_unfinished

        last = self.files.log.last_deployed()
        for operation in self.files.unfinished():
            with suppress(
                MultigitError
            ):  # whoever continues is told what is wrong with its journal
                _, story = self.files.read_journal(operation)
                last = with_unfinished(last, story.plan, story.deployments)
        return last

    def in_flight(self, operation: str) -> list[str]:
        """Return the repositories whose push may still arrive while no multigit waits for it."""
        from multigit.engine.arrival import still_open

        if running(self.files.folder):
            return []
        try:
            flights = self.files.read_journal(operation)[1].flights
        except MultigitError:  # whoever continues is told what is wrong with its journal
            return []
        return [*still_open(self.git, self.workspace, flights)]

    def ways_out(self, operation: str) -> str:
        """Return what to do about an unfinished operation."""
        from multigit.core.recovery.ways_out import ways_out

        try:
            return ways_out(self.files.read_journal(operation)[1])
        except MultigitError as error:  # nothing can be done until its journal can be read
            return error.hint or Hint.FINISH

    def message(self, given: str | None, *, wanted_by: Stage | None) -> str | None:
        """Return the message that was given, or the answer of the person who can be asked for it.

        Raises RefusedError when the answer is empty. Without a terminal nobody is asked.
        """
        if given is not None or wanted_by is None or not self.screen.interactive:
            return given
        from multigit.ui import prompts

        try:
            typed = prompts.type_message(wanted_by.name)
        except EOFError:  # the terminal went away
            return given
        if not typed:
            raise RefusedError(
                "Cancelled for want of a message. Nothing was changed.", code="cancelled"
            )
        return typed

    def select(self, selection: Selection) -> tuple[Repo, ...]:
        """Return the chosen repositories in configuration order."""
        return self.workspace.select(selection.repos, selection.groups, selection.exclude)


def most_workers() -> int:
    """Return how many repositories the limit of open files allows at a time."""
    if sys.platform == "win32":
        return 64
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 64
    return max(1, (soft - FILES_FOR_OURSELVES) // FILES_PER_WORKER)
