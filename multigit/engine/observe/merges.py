"""What a promotion or a back-merge reads: the stages of its route, and their merges."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.push_request import PushRequest
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import tag_name
from multigit.engine.observe.observation import Observation
from multigit.engine.observe.preview import preview_merges
from multigit.engine.observe.sides import compare_sides
from multigit.engine.observe.trials import try_to_push, try_to_sign
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class MergeObservation(Observation):
    """Reads what a promotion or back-merge requires."""

    request: MergeRequest

    @property
    def query(self) -> RefQuery:
        """The branches of the route, and the tags that the release's tag could collide with."""
        return route_query(self.request)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Preview the merges, and try to sign if the clone signs."""
        request = self.request
        refs, facts = repository.refs(self.query), repository.facts()
        date = request.start_time.git_date if facts.identity else ""
        snapshot = replace(snapshot, facts=facts, refs=refs)
        if facts.shallow:  # nothing can be counted or merged
            return snapshot
        merges = preview_merges(
            repository,
            refs,
            request.hops,
            date,
            accept_reverts=request.accept_reverts,
            roll_forward=request.roll_forward,
        )
        if request.tag_template and facts.signs_tags:
            try_to_sign(repository, merges, date)
        if any(merge.reversals for merge in merges):  # restoring them requires the work tree
            snapshot = replace(snapshot, work=repository.work_tree())
        if facts.signs_pushes and not all(merge.nothing for merge in merges):
            try_to_push(repository, refs, show)
        return replace(compare_sides(repository, snapshot, request.source.branch), merges=merges)


def route_query(request: MergeRequest | PushRequest) -> RefQuery:
    """Return the branches of a route, and the tags that the release's tag could collide with.

    The branches of later stages are read over the same connection.
    """
    template = request.tag_template
    return RefQuery(
        branches=tuple(stage.branch for stage in (*request.stages(), *request.later)),
        tags=(f"{tag_name(template, request.start_time)}*",) if template else (),
    )
