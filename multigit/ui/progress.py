"""Live progress on a terminal: which repositories are being worked on right now."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from multigit.core.reports.next_steps import which_operation
from multigit.core.values.deployment import Deployment
from multigit.core.values.text import visible
from multigit.hints import Hint
from multigit.ui.echo import without_echo
from multigit.ui.hint_lines import Flowing
from multigit.ui.live_deployments import LiveDeployments

ROWS = 12


class LiveProgress:
    """The engine's listener for terminals. It draws, and leaves nothing behind.

    `operation` must be named to review what waits for us; empty: commands find it by themselves.
    """

    def __init__(self, console: Console, *, operation: str = "") -> None:
        self._console = console
        self._review = Hint.APPROVE_ELSEWHERE.format(which=which_operation(operation))
        self._deployments: dict[str, Deployment] = {}
        self._head = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.completed} of {task.total}"),
        )
        self._phase = self._head.add_task("", visible=False)
        self._running = Progress(
            SpinnerColumn(style=""),
            TextColumn("{task.description}", markup=False, table_column=Column()),  # may wrap
        )
        self._rows: dict[str, TaskID] = {}
        self._lock = threading.Lock()  # several threads may report one repository
        self._paused = ""
        self._drawing = ExitStack()
        self._live = Live(
            console=console, transient=True, get_renderable=self.__rich__, refresh_per_second=8
        )

    def __enter__(self) -> Self:
        """Start drawing."""
        with ExitStack() as drawing:
            drawing.enter_context(without_echo())
            drawing.enter_context(self._live)
            self._drawing = drawing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen as if nothing had been drawn."""
        self._drawing.close()

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Note that a phase starts for these repositories."""
        with self._lock:
            self._head.reset(self._phase, description=name, total=len(repos), visible=True)
            for row in self._rows.values():
                self._running.remove_task(row)
            self._rows.clear()
            self._deployments.clear()

    def started(self, repo: str, doing: str) -> None:
        """Note that a repository is being worked on."""
        description = f"{visible(repo)}  {visible(doing)}"
        with self._lock:
            if repo in self._rows:
                self._running.update(self._rows[repo], description=description)
            else:
                self._rows[repo] = self._running.add_task(description, total=None)

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Note the state of a repository's deployment; it stays until the next phase."""
        with self._lock:
            self._deployments[repo] = deployment

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Note that a phase ended for a repository."""
        del state, detail
        with self._lock:
            if repo in self._rows:
                self._running.remove_task(self._rows.pop(repo))
            self._head.advance(self._phase)

    def say(self, sentence: str) -> None:
        """Say a sentence above what is drawn; it stays."""
        self._console.print(Flowing(sentence, style="yellow"), crop=False)

    def paused(self, why: str) -> None:
        """Show why everything waits, below the repositories."""
        self._paused = visible(why)

    def __rich__(self) -> RenderableType:
        """Return what is drawn now."""
        if self._deployments:
            return Group(self._head.get_renderable(), self._following(), *self._note())
        running = self._running.tasks
        rows = self._running.make_tasks_table(running[:ROWS])
        more = [Text(f"  … and {len(running) - ROWS} more", "dim")] if len(running) > ROWS else []
        return Group(self._head.get_renderable(), rows, *more, *self._note())

    def _following(self) -> LiveDeployments:
        with self._lock:
            seen = dict(self._deployments)
        height = self._console.height - 1 - len(self._note())
        return LiveDeployments(seen, time.time(), height - 1, self._review)

    def _note(self) -> list[RenderableType]:
        if not self._paused:
            return []
        return [*Text(self._paused, "yellow").wrap(self._console, self._console.width)]
