"""The listener: it is notified of the progress of the work, and shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from multigit.core.values.deployment import Deployment

ShowActivity = Callable[[str], None]  # with what is being done in one repository


class Listener(Protocol):
    """Is notified of what happens, from any thread, to show it."""

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Show that a phase begins for these repositories."""

    def started(self, repo: str, doing: str) -> None:
        """Show what is being done in a repository."""

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Show the state of a repository's deployment to one of its targets."""

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Show that a phase ended for a repository."""

    def say(self, sentence: str) -> None:
        """Show a sentence that stays on the screen."""

    def paused(self, why: str) -> None:
        """Show why nothing can be asked or started for a while; empty when that is over."""
