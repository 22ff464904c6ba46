"""What carries out the deployments of a town: a double of GitHub or of Jenkins.

Its runs take the mood of their stage, and each change of a run is in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from tests.torture import hosts

GONE, RUNNING, FAILED, SUCCEEDED = "gone", "running", "failed", "succeeded"
GITHUB, JENKINS = "github", "jenkins"
PATIENCE = {"LATE": 1.0, "BRIEF": 0.5}  # seconds: a run appears at once here, or never
HASTE: Mapping[str, Mapping[str, float]] = {
    module: {name: PATIENCE.get(name, seconds) for name, seconds in waits.items()}
    for module, waits in hosts.HASTE.items()
} | {"adapters/jenkins/runs.py": {"PATIENCE": 1.0}}

Moody = Callable[[str, str], bool]  # a stage and a mood
Write = Callable[..., None]  # the words of a line of the ledger


class Host(AbstractContextManager["Host"], Protocol):
    """A server with the pages on which colleagues rerun and delete runs."""

    table: str  # the template of a stage's deploy table
    env: Mapping[str, str]  # what multigit needs in its environment

    @property
    def settings(self) -> str:
        """Return the tables that the configuration needs, too."""

    def about(self, repo: str) -> str:
        """Return what the table of a repository needs."""

    def state(self, key: str) -> str:
        """Return how the run of a deployment is."""

    def run_again(self, key: str) -> None:
        """Rerun the run of a deployment."""

    def remove(self, key: str) -> None:
        """Delete the run of a deployment."""

    def cut_next_start(self, *, effect: bool) -> None:
        """Cut the connection of the next start, after it took effect or before."""

    def end_all(self) -> None:
        """Let every run end that is not held."""


def host(kind: str, bares: Mapping[str, Path], has_mood: Moody, write: Write) -> Host:
    """Return a host; only walks with one load its double."""
    if kind == GITHUB:
        from tests.walk.github_host import GithubHost

        return GithubHost(bares, has_mood, write)
    from tests.walk.jenkins_host import JenkinsHost

    return JenkinsHost(has_mood, write)
