"""What the status reads: every stage, and what would move between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.routes import Hop
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.merge import Merge
from multigit.core.values.refs import Refs
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Stage
from multigit.engine.bringing_back import brought_back
from multigit.engine.observe.observation import Observation, of_stages, try_to_fetch
from multigit.engine.observe.preview import preview_merge
from multigit.engine.observe.sides import count_against_stage, count_stages
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class StatusObservation(Observation):
    """Reads what the status requires; merges only stages that differ."""

    stages: tuple[Stage, ...]
    pairs: tuple[tuple[Stage, Stage], ...]
    fetch: bool = True

    @property
    def query(self) -> RefQuery:
        """The branches and tags of all stages."""
        return of_stages(self.stages)

    def reach(self, name: str, repository: Repository, show: ShowActivity) -> Snapshot:
        """Fetch if requested; what was fetched last can be shown too."""
        stale = try_to_fetch(repository, self.query, show) if self.fetch else None
        return Snapshot(name, stale=stale)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Count each branch, and what a promotion and a back-merge would bring."""
        del show
        refs = count_stages(repository, repository.refs(self.query))
        work = count_against_stage(refs, repository.work_tree())
        snapshot = replace(snapshot, facts=repository.facts(), refs=refs, work=work)
        if snapshot.facts.shallow:  # nothing can be counted or merged
            return snapshot
        forward = [preview_promotion(repository, refs, *pair) for pair in self.pairs]
        back = [
            preview_backmerge(repository, refs, *pair, merge)
            for pair, merge in zip(self.pairs, forward, strict=True)
            if merge and not has_all_of(merge)
        ]
        return replace(
            snapshot,
            merges=tuple(merge for merge in forward if merge),
            debts=tuple(merge for merge in back if merge),
        )


def preview_promotion(
    repository: Repository, refs: Refs, earlier: Stage, later: Stage
) -> Merge | None:
    """Return what a promotion would bring, and lose; None if there is nothing to merge."""
    sides = differing(refs, later, earlier)
    if sides is None:
        return None
    hop = Hop(earlier, later, "")
    merge = preview_merge(repository, hop, *sides, "")
    return brought_back(repository, hop, merge, "", roll_forward=False)


def preview_backmerge(
    repository: Repository, refs: Refs, earlier: Stage, later: Stage, promotion: Merge
) -> Merge | None:
    """Return what a back-merge would bring; None if that is nothing.

    What the promotion would bring back was rolled back on the later stage, so it is not a hotfix.
    """
    sides = differing(refs, earlier, later)
    if sides is None:
        return None
    ours, theirs = sides
    waiting, fold = repository.lacking(ours, theirs), promotion.fold
    if fold and fold.tip:
        merged = repository.merge(ours, fold.tip, None)
    else:
        merged = repository.merge(ours, theirs, None, waiting.forks)
    brings = replace(waiting, forks=())
    if waiting.commits and merged.tree != ours.tree:
        merges = {each.sha for each in promotion.reversals if each.is_merge}
        back = {*repository.roll_backs(ours.sha, theirs.sha)}
        back |= {*(fold.reverts if fold else ())} - merges
        brings = replace(brings, commits=max(0, waiting.commits - len(back)))
    return Merge(later.name, earlier.name, ours, theirs, merged, waiting=brings)


def has_all_of(merge: Merge) -> bool:
    """Return whether the earlier stage has all the later one has: their merge is its content."""
    return not merge.blocked and merge.result.tree == merge.theirs.tree


def differing(refs: Refs, target: Stage, source: Stage) -> tuple[Tip, Tip] | None:
    """Return what a merge would join; None when a side is missing or the content is the same."""
    ours, theirs = refs.branch(target.branch).remote, refs.branch(source.branch).remote
    if ours is None or theirs is None or ours.tree == theirs.tree:
        return None
    return ours, theirs
