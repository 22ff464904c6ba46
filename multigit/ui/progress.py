"""Live progress on a terminal: which repositories are being worked on right now."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from multigit.core.values.text import visible

ROWS = 12
FINISHING = "Finishing what is under way. Press Ctrl-C again to leave at once."


class LiveProgress:
    """The engine's listener for terminals. It draws, and leaves nothing behind."""

    def __init__(self, console: Console) -> None:
        self._lock = threading.Lock()
        self._phase = ""
        self._total = 0
        self._done = 0
        self._running: dict[str, str] = {}
        self._leaving = False
        self._live = Live(
            console=console, transient=True, get_renderable=self._view, refresh_per_second=8
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen as if nothing had been drawn."""
        self._live.__exit__(None, None, None)

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Note that a phase begins for these repositories."""
        with self._lock:
            self._phase, self._total, self._done = name, len(repos), 0
            self._running.clear()

    def started(self, repo: str, doing: str) -> None:
        """Note that a repository is being worked on."""
        with self._lock:
            self._running[repo] = doing

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Note that a phase ended for a repository."""
        del state, detail
        with self._lock:
            self._running.pop(repo, None)
            self._done += 1

    def interrupted(self) -> None:
        """Say that what is under way is finished first."""
        self._leaving = True

    def _view(self) -> RenderableType:
        with self._lock:
            running = list(self._running.items())
            head = Table.grid(padding=(0, 1))
            bar = ProgressBar(total=max(1, self._total), completed=self._done, width=20)
            head.add_row(Text(self._phase), bar, Text(f"{self._done} of {self._total}"))
        rows = [
            Spinner("dots", Text(f"{visible(repo)}  {doing}")) for repo, doing in running[:ROWS]
        ]
        more = [Text(f"  … and {len(running) - ROWS} more", "dim")] if len(running) > ROWS else []
        leaving = [Text(FINISHING, "yellow")] if self._leaving else []
        return Group(head, *rows, *more, *leaving)
