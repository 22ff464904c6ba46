"""The listener: what hears how far the work is, whoever does it and whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

ShowActivity = Callable[[str], None]  # says what is being done in one repository


class Listener(Protocol):
    """Hears what happens, from any thread, to show it."""

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Note that a phase begins for these repositories."""

    def started(self, repo: str, doing: str) -> None:
        """Note that a repository is being worked on."""

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Note that a phase ended for a repository."""

    def interrupted(self) -> None:
        """Note that somebody wants to leave, and that what is under way is finished first."""
