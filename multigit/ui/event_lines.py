"""Progress for scripts: a JSON object on each line of standard output, while a command runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from multigit.core.records.repo_record import DeploymentRecord
from multigit.core.reports.document import SCHEMA
from multigit.core.values.deployment import Deployment
from multigit.core.values.text import masked
from multigit.ui.streams import SafeStream


class EventLines:
    """The engine's listener for scripts; an event that repeats the one before it is left out."""

    def __init__(self, stream: SafeStream) -> None:
        self._stream = stream
        self._phase = ""
        self._paused = ""
        self._last: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()  # a line is written whole

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Print that a phase begins."""
        self._phase = name
        self._print("phase", {"phase": name, "repos": list(repos)})

    def started(self, repo: str, doing: str) -> None:
        """Print nothing: it is soon finished."""

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Print the state of a deployment when it has changed."""
        seen = DeploymentRecord.of(deployment).document()
        del seen["seconds"]  # it differs each time
        with self._lock:
            known, self._last[repo] = self._last.get(repo), seen
        if known != seen:
            self._print("deployment", {"repo": repo, **seen})

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Print how a phase ended for a repository."""
        about = {"phase": self._phase, "repo": repo, "state": str(state), "detail": masked(detail)}
        self._print("repo", about)

    def say(self, sentence: str) -> None:
        """Print a sentence."""
        self._print("note", {"message": masked(sentence)})

    def paused(self, why: str) -> None:
        """Print why everything waits, once for all that wait; null when that is over."""
        with self._lock:
            known, self._paused = self._paused, why
        if known != why:
            self._print("paused", {"why": masked(why) or None})

    def _print(self, event: str, about: dict[str, Any]) -> None:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = json.dumps({"schema": SCHEMA, "event": event, "at": at, **about})
        with self._lock:
            self._stream.write(f"{line}\n")
            self._stream.flush()
