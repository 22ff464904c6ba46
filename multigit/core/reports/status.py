"""Status: one row per repository, from what was seen there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from multigit import errors
from multigit.core.planning import checks
from multigit.core.planning.losses import standing_in_the_way
from multigit.core.planning.plan import Result
from multigit.core.planning.routes import wants_message
from multigit.core.records.last_deployments import Deployed
from multigit.core.reports.document import frame, problem_document
from multigit.core.values.moment import is_deploy_tag
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Merge, Reversal, Snapshot, Tag, WorkTree
from multigit.core.values.text import plural
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Which repositories to look at, along which stages, and whether to ask the remotes."""

    repos: tuple[Repo, ...]
    stages: tuple[Stage, ...]
    pairs: tuple[tuple[Stage, Stage], ...]
    fetch: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbouring stages: what waits to be promoted, and what was never carried back.

    Where all that waits stands in merge commits, no commit is counted: then `merge_waits`, or
    `merge_owed`. `missing` names the stages whose branch the remote does not have, `reverted` the
    commits of the later stage with which no promotion is made, since they take back work of the
    earlier one.
    """

    source: str
    target: str
    commits: int = 0
    blocked: bool = False
    conflicts: tuple[str, ...] = ()
    debt: int = 0
    missing: tuple[str, ...] = ()
    reverted: tuple[Reversal, ...] = ()
    merge_waits: bool = False
    merge_owed: bool = False

    @property
    def state(self) -> str:
        """Return missing, conflict, reverted, waiting or up_to_date."""
        if self.missing:
            return "missing"
        if self.blocked:
            return "conflict"
        if self.reverted:
            return "reverted"
        return "waiting" if self.commits or self.merge_waits else "up_to_date"

    @property
    def hotfixes(self) -> int:
        """Return how many commits are to be carried back: not those that take work back."""
        return max(0, self.debt - sum(not each.is_merge for each in self.reverted))


@dataclass(frozen=True, slots=True)
class Unpushed:
    """How many commits the local branch of a stage has that the remote one lacks."""

    stage: str
    branch: str
    commits: int


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Where one repository stands.

    `deploys` holds the last deploy tag of each stage, `deployed` what is known of the last
    deployment to it; `went_back` are the stages to which an earlier release was deployed last.
    """

    repo: str
    path: str
    work: WorkTree | None
    pairs: tuple[Pair, ...]
    deploys: Mapping[str, Tag]
    problems: tuple[Problem, ...] = ()
    deployed: Mapping[str, Deployed] = field(default_factory=dict)
    went_back: frozenset[str] = frozenset()
    unpushed: tuple[Unpushed, ...] = ()

    def unpushed_elsewhere(self) -> tuple[Unpushed, ...]:
        """Return those of branches that are not checked out here."""
        here = self.work.branch if self.work else ""
        return tuple(each for each in self.unpushed if each.branch != here)


def status_rows(
    workspace: Workspace,
    repos: Sequence[Repo],
    snapshots: Mapping[str, Snapshot],
    deployed: Mapping[str, Mapping[str, Deployed]] | None = None,
) -> tuple[StatusRow, ...]:
    """Return the rows in the order of the repositories; `deployed` is what the log knows."""
    known = deployed or {}
    return tuple(
        _row(workspace, repo, snapshots[repo.name], known.get(repo.name, {})) for repo in repos
    )


def _row(
    workspace: Workspace, repo: Repo, snapshot: Snapshot, deployed: Mapping[str, Deployed]
) -> StatusRow:
    deploys = last_deploys(workspace.stages, snapshot.refs.tags)
    readable = snapshot.error is None and not snapshot.facts.shallow
    return StatusRow(
        repo=repo.name,
        path=repo.path,
        work=snapshot.work,
        pairs=tuple(_pair(*pair, snapshot) for pair in workspace.pairs()) if readable else (),
        deploys=deploys,
        problems=(
            *filter(None, (snapshot.error, snapshot.stale)),
            *checks.shallow(repo, snapshot),
        ),
        deployed=deployed,
        went_back=went_back(deployed, deploys, snapshot.refs.tags),
        unpushed=tuple(
            Unpushed(stage.name, stage.branch, branch.ahead)
            for stage in workspace.stages
            if (branch := snapshot.refs.branch(stage.branch)).remote and branch.ahead
        ),
    )


def _pair(earlier: Stage, later: Stage, snapshot: Snapshot) -> Pair:
    forward = _merge(snapshot.merges, earlier, later)
    back = _merge(snapshot.debts, later, earlier)
    waiting = _waiting(forward)
    owed = _waiting(back)
    missing = [s.name for s in (earlier, later) if snapshot.refs.branch(s.branch).remote is None]
    return Pair(
        source=earlier.name,
        target=later.name,
        commits=waiting or 0,
        blocked=forward.blocked if forward else False,
        conflicts=forward.conflicts if forward else (),
        debt=owed or 0,
        missing=tuple(missing),
        reverted=standing_in_the_way(forward.reversals, forward=True) if forward else (),
        merge_waits=waiting == 0,
        merge_owed=owed == 0,
    )


def _waiting(merge: Merge | None) -> int | None:
    """Return how many commits a merge brings, merges not counted; None where it brings nothing."""
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
    deployed: Mapping[str, Deployed], deploys: Mapping[str, Tag], tags: Sequence[Tag]
) -> frozenset[str]:
    """Return the stages whose last deployed release is not that of the newest tag.

    One whose tag is not known here is no earlier one: it was not fetched since.
    """
    names = {tag.name for tag in tags}
    return frozenset(
        stage
        for stage, last in deployed.items()
        if last.release in names and stage in deploys and last.release != deploys[stage].name
    )


def status_document(rows: Sequence[StatusRow], hint: str = "") -> dict[str, Any]:
    """Return the status as the one JSON document."""
    exit_code = status_exit_code(rows)
    return frame(
        "status",
        status_sentence(rows),
        result=Result.FAILED if exit_code else Result.DONE,
        exit_code=exit_code,
        repos=[_row_document(row) for row in rows],
        hint=hint,
    )


def _row_document(row: StatusRow) -> dict[str, Any]:
    work = row.work
    return {
        "repo": row.repo,
        "path": row.path,
        "branch": (work.branch or None) if work else None,
        "head": (work.head or None) if work else None,
        "changed_files": work.changed if work else None,
        "ahead": work.ahead if work else None,
        "behind": work.behind if work else None,
        "in_progress": (work.unfinished or None) if work else None,
        "pairs": [
            {
                "source": pair.source,
                "target": pair.target,
                "state": pair.state,
                "commits": pair.commits,
                "conflicts": list(pair.conflicts),
                "debt": pair.debt,
                "merge_owed": pair.merge_owed,
                "reverted": [each.sha for each in pair.reverted],
            }
            for pair in row.pairs
        ],
        "unpushed": {each.stage: each.commits for each in row.unpushed},
        "deploys": {
            stage: {"tag": tag.name, "time": tag.time} for stage, tag in row.deploys.items()
        },
        "deployed": {stage: asdict(each) for stage, each in row.deployed.items()},
        "problems": [problem_document(problem) for problem in row.problems],
    }


def status_exit_code(rows: Sequence[StatusRow]) -> int:
    """Return 1 when a repository could not be read or asked, or is a shallow clone."""
    return errors.FAILED if any(row.problems for row in rows) else errors.OK


def status_hint(rows: Sequence[StatusRow], pairs: Sequence[tuple[Stage, Stage]]) -> str:
    """Return what to type where a stage took work back, or nothing."""
    reverted = {
        (pair.source, pair.target)
        for row in rows
        for pair in row.pairs
        if pair.reverted and not row.problems  # with which nothing is planned
    }
    for source, target in pairs:
        if (source.name, target.name) in reverted:
            message = ' -m "what comes"' if wants_message(source, target) else ""
            return Hint.SEE_REVERTED.format(pair=f"{source.name} {target.name}{message}")
    return ""


def status_sentence(rows: Sequence[StatusRow]) -> str:
    """Return what matters most as one sentence."""
    waiting = sum(any(p.state == "waiting" for p in row.pairs) for row in rows)
    conflicts = sum(any(p.state == "conflict" for p in row.pairs) for row in rows)
    reverted = sum(any(p.reverted for p in row.pairs) for row in rows)
    debts = sum(any(p.hotfixes or p.merge_owed for p in row.pairs) for row in rows)
    unpushed = sum(bool(row.unpushed) for row in rows)
    missing = sum(any(p.missing for p in row.pairs) for row in rows)
    failed = sum(any(each.went_wrong for each in row.deployed.values()) for row in rows)
    codes = [{problem.code for problem in row.problems} for row in rows]
    shallow = sum("shallow" in each for each in codes)
    unread = sum(bool(each - {"shallow"}) for each in codes)
    facts = [
        (waiting, "with commits to promote"),
        (conflicts, "with conflicts"),
        (reverted, "with work that was taken back"),
        (debts, "with hotfixes to carry back"),
        (unpushed, "with unpushed commits"),
        (missing, "without a stage's branch"),
        (failed, "whose last deployment went wrong"),
        (shallow, "in a shallow clone"),
        (unread, "that could not be asked"),
    ]
    told = ", ".join(f"{number} {what}" for number, what in facts if number)
    everything = plural(len(rows), "repository")
    return f"{everything}: {told}." if told else f"{everything}, all stages up to date."
