"""What a deployment of a stage reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import tag_glob
from multigit.core.values.workspace import Stage
from multigit.engine.observe.observation import Observation
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class DeployObservation(Observation):
    """Reads the stage's branch, and its deploy tags."""

    stage: Stage

    @property
    def query(self) -> RefQuery:
        """The stage's branch and tags."""
        return RefQuery((self.stage.branch,), (tag_glob(self.stage.tag),) if self.stage.tag else ())

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Read the refs."""
        del show
        return replace(snapshot, refs=repository.refs(self.query))
