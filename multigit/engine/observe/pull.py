"""The look for a pull: one branch on both sides, and what an update would overwrite."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.pull import PullRequest, checkout
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import Tell
from multigit.core.values.snapshot import Snapshot
from multigit.engine.observe.looks import Look, fetch
from multigit.engine.observe.sides import compare_sides
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class PullLook(Look):
    """What a pull looks at."""

    request: PullRequest

    @property
    def query(self) -> RefQuery:
        """The stage's branch."""
        return RefQuery((self.request.stage.branch,))

    def reach(self, name: str, repository: Repository, tell: Tell) -> Snapshot:
        """Fetch, where there is a clone."""
        if not repository.exists():
            return Snapshot(name, missing=True)
        fetch(repository, self.query, tell)
        return Snapshot(name)

    def read(self, repository: Repository, seen: Snapshot, tell: Tell) -> Snapshot:
        """Read how far both sides are apart, and what a checkout would overwrite."""
        del tell
        if seen.missing:
            return seen
        seen = replace(seen, refs=repository.refs(self.query), work=repository.work_tree())
        seen = compare_sides(repository, seen, self.request.stage.branch)
        way = checkout(self.request, seen)
        return replace(seen, obstacles=tuple(repository.obstacles(*way))) if way else seen
