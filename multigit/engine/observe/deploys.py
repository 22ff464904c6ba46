"""What a deployment of a stage reads."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.values.git_answers import RefQuery
from multigit.core.values.workspace import Stage
from multigit.engine.observe.observation import Observation, of_stages


@dataclass(frozen=True, slots=True)
class DeployObservation(Observation):
    """Reads the stage's branch, and its deploy tags."""

    stage: Stage

    @property
    def query(self) -> RefQuery:
        """The stage's branch and tags."""
        return of_stages([self.stage])
