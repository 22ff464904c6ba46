"""Progress where nobody draws: one line for each repository that was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.core.values.text import visible
from multigit.ui.streams import PatientStream

TOLD: Mapping[str, Mapping[str, str]] = {  # by phase, what another word is used for there
    "Publishing": {},
    "Taking back": {"published": "taken back", "not_published": "not taken back"},
    "Updating": {},
    "Deploying": {},
}


class ProgressLines:
    """The engine's listener for pipes and logs."""

    def __init__(self, stream: PatientStream, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._phase = ""
        self._last: dict[str, str] = {}

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Note that a phase begins for these repositories."""
        del repos
        self._phase = name

    def started(self, repo: str, doing: str) -> None:
        """Print where a deployment stands when that is new."""
        if self._phase == "Deploying" and not self._quiet and self._last.get(repo) != doing:
            self._last[repo] = doing
            self._stream.write(f"{visible(repo)}: {visible(doing)}\n")
            self._stream.flush()

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Print a line where something was changed for others, or here."""
        if self._phase in TOLD and not self._quiet and self._last.get(repo) != state:
            word = TOLD[self._phase].get(state, state.replace("_", " "))
            line = f"{visible(repo)}: {word} {visible(detail)}".rstrip()
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def interrupted(self) -> None:
        """Say nothing: nobody sits before a pipe."""
