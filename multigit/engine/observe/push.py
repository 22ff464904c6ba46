"""What a push reads: what it would commit and publish, and the promotion that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.dangers import looks_secret
from multigit.core.planning.push_request import PushRequest, to_commit
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.listener import ShowActivity
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.engine.observe.merges import route_query
from multigit.engine.observe.observation import Observation
from multigit.engine.observe.preview import preview_merges
from multigit.engine.observe.sides import compare_sides
from multigit.engine.observe.trials import try_to_commit, try_to_push
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class PushObservation(Observation):
    """Reads what a push requires, with the rules for what it must not publish."""

    request: PushRequest
    rules: PushRules

    @property
    def query(self) -> RefQuery:
        """The stage's branch, and what the promotion that follows reads."""
        return route_query(self.request)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Read what would be committed and published, and what may be dangerous in it."""
        request, rules, branch = self.request, self.rules, self.request.stage.branch
        snapshot = replace(
            snapshot,
            facts=repository.facts(),
            refs=repository.refs(self.query),
            work=repository.work_tree(sizes=True),
        )
        snapshot = compare_sides(repository, snapshot, branch)
        snapshot = replace(snapshot, unpushed=unpushed(repository, snapshot, branch))
        source = snapshot.refs.branch(branch).local if snapshot.ahead else None
        if source:
            snapshot = replace(snapshot, outgoing=tuple(repository.outgoing(source.sha)))
        changes = to_commit(snapshot.work, request.stage, rules)
        paths = [change.path for change in changes if change.kind != "deleted"]
        committed = [each.path for each in snapshot.outgoing if not each.pointer]
        tip = source.sha if source else ""
        snapshot = replace(snapshot, carried=repository.carried(paths, committed, tip))
        if looks_secret([*paths, *committed], rules):
            snapshot = replace(snapshot, published=repository.paths(published(snapshot, branch)))
        if source and snapshot.work and snapshot.work.branch != branch:
            snapshot = replace(snapshot, pointers=repository.pointers(source.sha))
        if snapshot.facts.signs_pushes and (source or changes):
            try_to_push(repository, snapshot.refs, show)
        if snapshot.facts.signs_commits and changes and not request.promotion:
            try_to_commit(repository, snapshot, request.start_time.git_date)
        return preview_push(repository, request, rules, snapshot)


def unpushed(repository: Repository, snapshot: Snapshot, name: str) -> PendingCommits:
    """Return the local commits that the remote branch lacks."""
    branch = snapshot.refs.branch(name)
    if not snapshot.ahead or branch.local is None:
        return PendingCommits()
    return repository.waiting(branch.remote.sha if branch.remote else "", branch.local.sha)


def published(snapshot: Snapshot, name: str) -> list[str]:
    """Return the commits that show what the remote has: its branch, or where a new one started."""
    branch = snapshot.refs.branch(name)
    if branch.remote:
        return [branch.remote.sha]
    if branch.local and not snapshot.unpushed.commits and not snapshot.unpushed.forks:
        return [branch.local.sha]  # it is a commit of another branch there
    return [fork.sha for fork in snapshot.unpushed.forks]


def preview_push(
    repository: Repository, request: PushRequest, rules: PushRules, snapshot: Snapshot
) -> Snapshot:
    """Preview the commit, and its merges if a promotion follows."""
    if not request.promotion or snapshot.facts.shallow or not snapshot.facts.identity:
        return snapshot
    date = request.start_time.git_date
    source = snapshot.refs.branch(request.stage.branch).local if snapshot.ahead else None
    changes = to_commit(snapshot.work, request.stage, rules)
    if changes and snapshot.work and snapshot.work.head and not snapshot.work.conflicted:
        signature = Signature(request.message, date)
        commit = repository.commit_preview(snapshot.work.head, changes, signature)
        source, snapshot = Tip(commit.sha, commit.tree), replace(snapshot, commit=commit)
    else:
        snapshot = replace(snapshot, commit=None)
    merges = preview_merges(
        repository,
        snapshot.refs,
        request.hops,
        date,
        source,
        accept_reverts=request.accept_reverts,
        roll_forward=request.roll_forward,
    )
    return replace(snapshot, merges=merges)
