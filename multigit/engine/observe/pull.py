"""What a pull reads: one branch on both sides, and what an update would overwrite."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.pull import PullRequest, checkout
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.snapshot import Snapshot
from multigit.engine.observe.observation import Observation, fetch
from multigit.engine.observe.sides import compare_sides
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class PullObservation(Observation):
    """Reads what a pull requires."""

    request: PullRequest

    @property
    def query(self) -> RefQuery:
        """The stage's branch."""
        return RefQuery((self.request.stage.branch,))

    def reach(self, name: str, repository: Repository, show: ShowActivity) -> Snapshot:
        """Fetch, if there is a clone."""
        if not repository.exists():
            return Snapshot(name, missing=True)
        fetch(repository, self.query, show)
        return Snapshot(name)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Read how far both sides are apart, and what a checkout would overwrite."""
        del show
        if snapshot.missing:
            return snapshot
        snapshot = replace(snapshot, refs=repository.refs(self.query), work=repository.work_tree())
        snapshot = compare_sides(repository, snapshot, self.request.stage.branch)
        way = checkout(self.request, snapshot)
        return replace(snapshot, obstacles=tuple(repository.obstacles(*way))) if way else snapshot
