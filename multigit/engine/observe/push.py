"""The look for a push: what would be committed and published, and the promotion that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multigit.core.planning.dangers import looks_secret
from multigit.core.planning.push_request import PushRequest, to_commit
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.listener import Tell
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.engine.observe.looks import Look
from multigit.engine.observe.merges import route_query
from multigit.engine.observe.preview import preview_merges
from multigit.engine.observe.sides import compare_sides
from multigit.engine.observe.trials import try_to_commit, try_to_push
from multigit.engine.ports import Repository


@dataclass(frozen=True, slots=True)
class PushLook(Look):
    """What a push looks at, with the rules for what it must not publish."""

    request: PushRequest
    rules: PushRules

    @property
    def query(self) -> RefQuery:
        """The stage's branch, and what the promotion that follows looks at."""
        return route_query(self.request)

    def read(self, repository: Repository, seen: Snapshot, tell: Tell) -> Snapshot:
        """Read what would be committed and published, and what may be dangerous in it."""
        request, rules, branch = self.request, self.rules, self.request.stage.branch
        seen = replace(
            seen,
            facts=repository.facts(),
            refs=repository.refs(self.query),
            work=repository.work_tree(sizes=True),
        )
        seen = compare_sides(repository, seen, branch)
        seen = replace(seen, unpushed=unpushed(repository, seen, branch))
        source = seen.refs.branch(branch).local if seen.ahead else None
        if source:
            seen = replace(seen, outgoing=tuple(repository.outgoing(source.sha)))
        changes = to_commit(seen.work, request.stage, rules)
        paths = [change.path for change in changes if change.kind != "deleted"]
        committed = [each.path for each in seen.outgoing if not each.pointer]
        tip = source.sha if source else ""
        seen = replace(seen, carried=repository.carried(paths, committed, tip))
        if looks_secret([*paths, *committed], rules):
            seen = replace(seen, published=repository.paths(published(seen, branch)))
        if source and seen.work and seen.work.branch != branch:
            seen = replace(seen, pointers=repository.pointers(source.sha))
        if seen.facts.signs_pushes and (source or changes):
            try_to_push(repository, seen.refs, tell)
        if seen.facts.signs_commits and changes and not request.promotion:
            try_to_commit(repository, seen, request.moment.git_date)
        return preview_push(repository, request, rules, seen)


def unpushed(repository: Repository, seen: Snapshot, name: str) -> PendingCommits:
    """Return the local commits that the remote branch lacks."""
    branch = seen.refs.branch(name)
    if not seen.ahead or branch.local is None:
        return PendingCommits()
    return repository.waiting(branch.remote.sha if branch.remote else "", branch.local.sha)


def published(seen: Snapshot, name: str) -> list[str]:
    """Return the commits that tell what the remote has: its branch, or what a new one grew from."""
    branch = seen.refs.branch(name)
    if branch.remote:
        return [branch.remote.sha]
    if branch.local and not seen.unpushed.commits and not seen.unpushed.forks:
        return [branch.local.sha]  # it is a commit of another branch there
    return [fork.sha for fork in seen.unpushed.forks]


def preview_push(
    repository: Repository, request: PushRequest, rules: PushRules, seen: Snapshot
) -> Snapshot:
    """Build the commit that is about to be made, and the merge of it, where a promotion follows."""
    if not request.promotion or seen.facts.shallow or not seen.facts.identity:
        return seen
    date = request.moment.git_date
    source = seen.refs.branch(request.stage.branch).local if seen.ahead else None
    changes = to_commit(seen.work, request.stage, rules)
    if changes and seen.work and seen.work.head and not seen.work.conflicted:
        signature = Signature(request.message, date)
        commit = repository.commit_preview(seen.work.head, changes, signature)
        source, seen = Tip(commit.sha, commit.tree), replace(seen, commit=commit)
    else:
        seen = replace(seen, commit=None)
    merges = preview_merges(
        repository,
        seen.refs,
        request.hops(),
        date,
        source,
        accept_reverts=request.accept_reverts,
    )
    return replace(seen, merges=merges)
