"""Status: one row per repository, from what was read there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from multigit.core.planning import checks
from multigit.core.planning.roll_backs import blocking_reversals
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.held_stages import NOTHING_HELD, Holding
from multigit.core.values.merge import Merge, Reversal
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import is_deploy_tag, unix_time
from multigit.core.values.work_tree import WorkTree
from multigit.core.values.workspace import Repo, Stage, Workspace


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighboring stages: what is waiting to be promoted, and what was never carried back.

    If merge commits are all that is waiting, no commit is counted, but `merge_waits` or
    `merge_owed` is True. `missing` names the stages whose branch the remote lacks, `reverted` the
    commits of the later stage that block a promotion, since they revert work of the earlier one.
    `returning` are those whose work a promotion brings back: so many `rolled_back` commits, as far
    as that is known, are among the `commits`.
    `held` counts the commits that the later stage has on its branch, and that were rolled back.
    """

    source: str
    target: str
    commits: int = 0
    blocked: bool = False
    conflicts: tuple[str, ...] = ()
    debt: int = 0
    missing: tuple[str, ...] = ()
    reverted: tuple[Reversal, ...] = ()
    returning: tuple[Reversal, ...] = ()
    rolled_back: int = 0
    merge_waits: bool = False
    merge_owed: bool = False
    held: int = 0

    @property
    def restored(self) -> bool:
        """True when nothing waits but what was rolled back: the old files were restored."""
        return 0 < self.commits <= self.rolled_back

    @property
    def state(self) -> str:
        """Return missing, conflict, reverted, waiting or up_to_date."""
        if self.missing:
            return "missing"
        if self.blocked:
            return "conflict"
        if self.reverted:
            return "reverted"
        return "waiting" if self.commits or self.merge_waits or self.held else "up_to_date"

    @property
    def hotfixes(self) -> int:
        """Return how many commits are to be carried back: not those that revert work."""
        return max(0, self.debt - sum(not each.is_merge for each in self.reverted))


@dataclass(frozen=True, slots=True)
class Unpushed:
    """How many commits the local branch of a stage has that the remote one lacks."""

    stage: str
    branch: str
    commits: int


@dataclass(frozen=True, slots=True)
class WentBack:
    """A stage whose last deployment was a roll-back to a release; `time` is in Unix seconds."""

    release: str
    time: int


@dataclass(frozen=True, slots=True)
class StatusRow:
    """The state of one repository.

    `deploys` holds the last deploy tag of each stage, `deployed` what is known about the last
    deployment to it; `went_back` are the stages to which an earlier release was deployed last;
    `asked` are the stages about whose last deployment its host was asked; `branches` has the branch
    of each stage. `unread` are the neighboring stages about which nothing could be read;
    `rolled_back` are those whose last deployment was a roll-back.
    """

    repo: str
    path: str
    work: WorkTree | None
    pairs: tuple[Pair, ...]
    deploys: Mapping[str, Tag]
    problems: tuple[Problem, ...] = ()
    deployed: Mapping[str, LastDeployment] = field(default_factory=dict)
    went_back: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    unpushed: tuple[Unpushed, ...] = ()
    branches: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[tuple[str, str]] = frozenset()
    rolled_back: Mapping[str, WentBack] = field(default_factory=dict)

    def between(self, earlier: Stage, later: Stage) -> Pair | None:
        """Return the state between two stages; None if unread, or not neighbors there."""
        names = earlier.name, later.name
        return next((pair for pair in self.pairs if (pair.source, pair.target) == names), None)

    def has_unread(self, earlier: Stage, later: Stage) -> bool:
        """Return whether two stages are neighbors there, but nothing else is known."""
        return (earlier.name, later.name) in self.unread

    def unpushed_elsewhere(self) -> tuple[Unpushed, ...]:
        """Return those on branches that are not checked out here."""
        here = self.work.branch if self.work else ""
        return tuple(each for each in self.unpushed if each.branch != here)


def status_rows(
    workspace: Workspace,
    repos: Sequence[Repo],
    snapshots: Mapping[str, Snapshot],
    deployed: Mapping[str, Mapping[str, LastDeployment]] | None = None,
    holding: Holding = NOTHING_HELD,
) -> tuple[StatusRow, ...]:
    """Return the rows in the order of the repositories; `deployed` is what the log has."""
    known = deployed or {}
    return tuple(
        _row(workspace, repo, snapshots[repo.name], known.get(repo.name, {}), holding)
        for repo in repos
    )


def _row(
    workspace: Workspace,
    repo: Repo,
    snapshot: Snapshot,
    deployed: Mapping[str, LastDeployment],
    holding: Holding,
) -> StatusRow:
    seen = workspace.seen_by(repo)
    deploys = last_deploys(seen.stages, snapshot.refs.tags)
    readable, pairs = snapshot.error is None and not snapshot.facts.shallow, seen.pairs()
    return StatusRow(
        repo=repo.name,
        path=repo.path,
        work=snapshot.work,
        pairs=tuple(
            replace(_pair(*pair, snapshot), held=holding.count(repo.name, pair[1].name))
            for pair in pairs
        )
        if readable
        else (),
        deploys=deploys,
        problems=(
            *filter(None, (snapshot.error, snapshot.stale)),
            *checks.shallow(repo, snapshot),
        ),
        deployed=deployed,
        went_back=went_back(deployed, deploys, snapshot.refs.tags),
        unpushed=tuple(
            Unpushed(stage.name, stage.branch, branch.ahead)
            for stage in seen.stages
            if (branch := snapshot.refs.branch(stage.branch)).remote and branch.ahead
        ),
        branches={stage.name: stage.branch for stage in seen.stages},
        unread=frozenset((a.name, b.name) for a, b in pairs if not readable),
        rolled_back=rolled_back(repo.name, holding, deployed, deploys),
    )


def _pair(earlier: Stage, later: Stage, snapshot: Snapshot) -> Pair:
    forward = _merge(snapshot.merges, earlier, later)
    back = _merge(snapshot.debts, later, earlier)
    waiting = _waiting(forward)
    owed = _waiting(back)
    fold = forward.fold if forward else None
    reversals = forward.reversals if forward else ()
    coming = fold.reverts if fold else ()
    missing = [s.name for s in (earlier, later) if snapshot.refs.branch(s.branch).remote is None]
    return Pair(
        source=earlier.name,
        target=later.name,
        commits=(waiting or 0) + (fold.commits if fold else 0),
        blocked=forward.blocked if forward else False,
        conflicts=(forward.result.conflicts or (fold.conflicts if fold else ())) if forward else (),
        debt=owed or 0,
        missing=tuple(missing),
        reverted=tuple(
            each for each in blocking_reversals(reversals, forward=True) if each.sha not in coming
        ),
        returning=tuple(each for each in reversals if each.sha in coming and not each.undone),
        rolled_back=fold.commits if fold else 0,
        merge_waits=waiting == 0,
        merge_owed=owed == 0,
    )


def _waiting(merge: Merge | None) -> int | None:
    """Return how many commits a merge brings, merges not counted; None if it brings nothing."""
    return merge.waiting.commits if merge and not merge.nothing else None


def _merge(merges: Sequence[Merge], source: Stage, target: Stage) -> Merge | None:
    return next((m for m in merges if (m.source, m.target) == (source.name, target.name)), None)


def last_deploys(stages: Sequence[Stage], tags: Sequence[Tag]) -> dict[str, Tag]:
    """Return the newest deploy tag of each stage; `tags` are sorted by time."""
    return {
        stage.name: tag
        for stage in stages
        if stage.tag
        for tag in tags
        if is_deploy_tag(stage.tag, tag.name)
    }


def went_back(
    deployed: Mapping[str, LastDeployment], deploys: Mapping[str, Tag], tags: Sequence[Tag]
) -> frozenset[str]:
    """Return the stages whose last deployed release is not that of the newest tag.

    A release whose tag is unknown here is not an earlier one: it was not fetched yet.
    """
    names = {tag.name for tag in tags}
    return frozenset(
        stage
        for stage, last in deployed.items()
        if last.release in names and stage in deploys and last.release != deploys[stage].name
    )


def rolled_back(
    repo: str,
    holding: Holding,
    deployed: Mapping[str, LastDeployment],
    deploys: Mapping[str, Tag],
) -> dict[str, WentBack]:
    """Return the stages to which a roll-back was the last to deploy a repository.

    A hold says so on every machine, and counts; the log only of what was done here: there may be
    newer tags.
    """
    logged = {
        stage: WentBack(last.rolled_back_to, last.time)
        for stage, last in deployed.items()
        if last.rolled_back_to and (stage not in deploys or deploys[stage].time <= last.time)
    }
    held = {
        hold.stage: WentBack(hold.release_of(repo), unix_time(hold.since))
        for hold in holding.holds
        if repo in hold.repos and repo not in hold.left
    }
    return logged | held
