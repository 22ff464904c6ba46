"""Progress without a terminal: one line for each repository that was published."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from multigit.core.reports.deployment_words import in_short
from multigit.core.values.deployment import Deployment
from multigit.core.values.text import visible
from multigit.ui.streams import SafeStream

WORDS: Mapping[str, Mapping[str, str]] = {  # by phase, states for which it has words of its own
    "Publishing": {},
    "Undoing": {"published": "undone", "not_published": "not undone"},
    "Updating": {},
    "Deploying": {},
}


class ProgressLines:
    """The engine's listener for pipes and logs."""

    def __init__(self, stream: SafeStream, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._phase = ""
        self._last: dict[str, str] = {}
        self._paused = ""
        self._lock = threading.Lock()  # several threads may wait

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Note that a phase starts for these repositories."""
        del repos
        self._phase = name

    def started(self, repo: str, doing: str) -> None:
        """Print nothing: it is soon finished."""

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Print the state of a deployment when it has changed."""
        words = in_short(deployment)
        if not self._quiet and self._last.get(repo) != words:
            self._last[repo] = words
            self._stream.write(f"{visible(repo)}: {visible(words)}\n")
            self._stream.flush()

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Print a line if something was changed on a remote, or here."""
        if self._phase in WORDS and not self._quiet and self._last.get(repo) != state:
            word = WORDS[self._phase].get(state, state.replace("_", " "))
            line = f"{visible(repo)}: {word} {visible(detail)}".rstrip()
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def say(self, sentence: str) -> None:
        """Print the sentence, also beside a document: it is about waiting."""
        self._stream.write(f"{visible(sentence)}\n")
        self._stream.flush()

    def paused(self, why: str) -> None:
        """Print why everything waits, once for all that wait."""
        with self._lock:
            known, self._paused = self._paused, why or self._paused
        if why and why != known:
            self.say(why)
