"""Observe: fetch, read refs and work trees, preview merges. Nothing of the user's changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.dangers import looks_secret
from multigit.core.planning.merges import Hop, MergeRequest
from multigit.core.planning.pull import PullRequest, checkout
from multigit.core.planning.push import PushRequest, to_commit
from multigit.core.reports.status import StatusRequest
from multigit.core.values.git_answers import Publication, RefQuery, Signature
from multigit.core.values.listener import Listener
from multigit.core.values.moment import Moment, tag_glob, tag_name
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import (
    Branch,
    Merge,
    Refs,
    Snapshot,
    Tip,
    Waiting,
    WorkTree,
)
from multigit.core.values.workspace import PushRules, Repo, Stage
from multigit.engine.fleet import Rest, for_each_repo
from multigit.engine.ports import Git, Repository
from multigit.engine.preview import as_merge, preview_merge, preview_merges
from multigit.engine.retry import Tell, patiently
from multigit.errors import GitError

Look = Callable[[Repo, Repository, Tell], Rest[Snapshot]]


def observe(
    git: Git,
    repos: Sequence[Repo],
    look: Look,
    *,
    jobs: int,
    listener: Listener,
    doing: str = "fetching",
) -> Mapping[str, Snapshot]:
    """Look at every repository at once; one that cannot be read becomes a snapshot with `error`.

    `doing` is what the listener hears that each look begins with. Raises KeyboardInterrupt when the
    user interrupts, since nothing has happened yet.
    """

    def look_at(repo: Repo, tell: Tell) -> Snapshot | Rest[Snapshot]:
        return look(repo, git.repository(repo), tell)

    seen = for_each_repo(
        {repo.name: repo for repo in repos},
        look_at,
        phase="Reading",
        doing=doing,
        jobs=jobs,
        listener=listener,
    )
    return seen.completed(lambda name, error: Snapshot(name, error=Problem.of(error)))


def look_at_merges(request: MergeRequest) -> Look:
    """Return how to look at one repository for a promotion or back-merge."""
    query = RefQuery(
        branches=tuple(stage.branch for stage in request.stages()),
        tags=release_query(request.tag_template, request.moment),
    )

    def look(repo: Repo, repository: Repository, tell: Tell) -> Rest[Snapshot]:
        fetch(repository, query, tell)
        return Rest(lambda: preview(repo, repository, tell))

    def preview(repo: Repo, repository: Repository, tell: Tell) -> Snapshot:
        refs, facts = repository.refs(query), repository.facts()
        date = request.moment.git_date if facts.identity else ""
        seen = Snapshot(repo.name, facts=facts, refs=refs)
        if facts.shallow:  # in which nothing can be counted or merged
            return seen
        accept = request.accept_reverts
        merges = preview_merges(repository, refs, request.hops, date, accept_reverts=accept)
        if request.tag_template and facts.signs_tags:
            try_to_sign(repository, merges, date)
        if any(merge.reversals for merge in merges):  # what brings work back needs the work tree
            seen = replace(seen, work=repository.work_tree())
        if facts.signs_pushes and not all(merge.nothing for merge in merges):
            try_to_push(repository, refs, tell)
        return replace(compare_sides(repository, seen, request.source.branch), merges=merges)

    return look


def look_at_push(request: PushRequest, rules: PushRules) -> Look:
    """Return how to look at one repository for a push, and for the promotion that follows it."""
    query = RefQuery(
        branches=tuple(stage.branch for stage in request.stages()),
        tags=release_query(request.tag_template, request.moment),
    )

    def look(repo: Repo, repository: Repository, tell: Tell) -> Rest[Snapshot]:
        fetch(repository, query, tell)
        return Rest(lambda: preview(repo, repository, tell))

    def preview(repo: Repo, repository: Repository, tell: Tell) -> Snapshot:
        seen = Snapshot(
            repo.name,
            facts=repository.facts(),
            refs=repository.refs(query),
            work=repository.work_tree(sizes=True),
        )
        seen = compare_sides(repository, seen, request.stage.branch)
        seen = replace(seen, unpushed=unpushed(repository, seen, request.stage.branch))
        source = seen.refs.branch(request.stage.branch).local if seen.ahead else None
        if source:
            seen = replace(seen, outgoing=tuple(repository.outgoing(source.sha)))
        changes = to_commit(seen.work, request.stage, rules)
        paths = [change.path for change in changes if change.kind != "deleted"]
        committed = [each.path for each in seen.outgoing if not each.pointer]
        tip = source.sha if source else ""
        seen = replace(seen, carried=repository.carried(paths, committed, tip))
        if looks_secret([*paths, *committed], rules):
            there = published(seen, request.stage.branch)
            seen = replace(seen, published=repository.paths(there))
        if source and seen.work and seen.work.branch != request.stage.branch:
            seen = replace(seen, pointers=repository.pointers(source.sha))
        if seen.facts.signs_pushes and (source or changes):
            try_to_push(repository, seen.refs, tell)
        if seen.facts.signs_commits and changes and not request.promotion:
            try_to_commit(repository, seen, request.moment.git_date)
        return preview_push(repository, request, rules, seen)

    return look


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


def look_at_deploys(stage: Stage) -> Look:
    """Return how to look at one repository for a deployment of what a stage holds."""
    tags = (tag_glob(stage.tag),) if stage.tag else ()
    query = RefQuery(branches=(stage.branch,), tags=tags)

    def look(repo: Repo, repository: Repository, tell: Tell) -> Rest[Snapshot]:
        fetch(repository, query, tell)
        return Rest(lambda: Snapshot(repo.name, refs=repository.refs(query)))

    return look


def look_at_pull(request: PullRequest) -> Look:
    """Return how to look at one repository for a pull."""
    query = RefQuery(branches=(request.stage.branch,))

    def look(repo: Repo, repository: Repository, tell: Tell) -> Rest[Snapshot]:
        if not repository.exists():
            return Rest(lambda: Snapshot(repo.name, missing=True))
        fetch(repository, query, tell)
        return Rest(lambda: read(repo, repository))

    def read(repo: Repo, repository: Repository) -> Snapshot:
        seen = Snapshot(repo.name, refs=repository.refs(query), work=repository.work_tree())
        seen = compare_sides(repository, seen, request.stage.branch)
        way = checkout(request, seen)
        return replace(seen, obstacles=tuple(repository.obstacles(*way))) if way else seen

    return look


def look_at_status(request: StatusRequest) -> Look:
    """Return how to look at one repository for the status: more only where sides differ."""
    query = RefQuery(
        branches=tuple(stage.branch for stage in request.stages),
        tags=tuple(tag_glob(stage.tag) for stage in request.stages if stage.tag),
    )

    def look(repo: Repo, repository: Repository, tell: Tell) -> Rest[Snapshot]:
        stale = try_to_fetch(repository, query, tell) if request.fetch else None
        return Rest(lambda: read(repo, repository, stale))

    def read(repo: Repo, repository: Repository, stale: Problem | None) -> Snapshot:
        refs = count_stages(repository, repository.refs(query))
        work = count_against_stage(refs, repository.work_tree())
        seen = Snapshot(repo.name, facts=repository.facts(), refs=refs, work=work, stale=stale)
        if seen.facts.shallow:  # in which nothing can be counted or merged
            return seen
        forward = [look_ahead(repository, refs, *pair) for pair in request.pairs]
        back = [
            look_back(repository, refs, *pair)
            for pair, merge in zip(request.pairs, forward, strict=True)
            if merge and not has_all_of(merge)
        ]
        return replace(
            seen,
            merges=tuple(merge for merge in forward if merge),
            debts=tuple(merge for merge in back if merge),
        )

    return look


def try_to_sign(repository: Repository, merges: Sequence[Merge], date: str) -> None:
    """Sign a tag object that nobody will see: a missing key has to be found while planning."""
    made = [merge.commit for merge in merges if merge.commit]
    if made:
        repository.tag("multigit-trial", made[-1], Signature("Can this be signed?", date))


def try_to_commit(repository: Repository, seen: Snapshot, date: str) -> None:
    """Sign a commit of what there is already, of which no branch will know."""
    work = seen.work
    if work and work.head and not work.conflicted and seen.facts.identity:
        repository.commit_preview(work.head, (), Signature("Can this be signed?", date))


def try_to_push(repository: Repository, refs: Refs, tell: Tell) -> None:
    """Rehearse a push that is to be signed: a server that takes none has to be found as early."""
    tips = [branch.remote.sha for branch in refs.branches.values() if branch.remote]
    if tips:
        trial = Publication("refs/multigit/trial", "", tips[0])
        patiently(lambda: repository.rehearse(trial), tell=tell)


def fetch(repository: Repository, query: RefQuery, tell: Tell) -> None:
    """Fetch, and try again when the network fails."""
    patiently(lambda: repository.fetch(query), tell=tell)


def try_to_fetch(repository: Repository, query: RefQuery, tell: Tell) -> Problem | None:
    """Fetch, or return why that failed: what was fetched last can still be shown."""
    try:
        fetch(repository, query, tell)
    except GitError as error:
        if error.code in {"missing", "not_a_repository", "foreign_owner"}:
            raise
        return Problem.of(error)
    return None


def look_ahead(repository: Repository, refs: Refs, earlier: Stage, later: Stage) -> Merge | None:
    """Look at what a promotion would bring, and lose; None where there is nothing to merge."""
    sides = differing(refs, later, earlier)
    return preview_merge(repository, Hop(earlier, later, ""), *sides, "") if sides else None


def look_back(repository: Repository, refs: Refs, earlier: Stage, later: Stage) -> Merge | None:
    """Look at what a back-merge would bring; None where that is nothing."""
    sides = differing(refs, earlier, later)
    if sides is None:
        return None
    ours, theirs = sides
    waiting = repository.lacking(ours, theirs)
    merged = repository.merge(ours, theirs, None, waiting.forks)
    return as_merge(Hop(later, earlier, ""), ours, theirs, waiting, merged)


def has_all_of(merge: Merge) -> bool:
    """Tell whether the earlier stage has all that the later one has: their merge is its content."""
    return not merge.blocked and merge.tree == merge.theirs.tree


def differing(refs: Refs, target: Stage, source: Stage) -> tuple[Tip, Tip] | None:
    """Return what a merge would join; None when a side is missing or the content is the same."""
    ours, theirs = refs.branch(target.branch).remote, refs.branch(source.branch).remote
    if ours is None or theirs is None or ours.tree == theirs.tree:
        return None
    return ours, theirs


def compare_sides(repository: Repository, seen: Snapshot, name: str) -> Snapshot:
    """Count how far the local branch and the remote one are apart."""
    branch = seen.refs.branch(name)
    if branch.local and branch.remote is None:
        return replace(seen, ahead=1)
    ahead, behind = distance(repository, branch)
    return replace(seen, ahead=ahead, behind=behind)


def distance(repository: Repository, branch: Branch) -> tuple[int, int]:
    """Count how far the local side is ahead of the remote one and behind it.

    The upstream of the local branch may be another one, or none: then git has not counted yet.
    """
    if branch.local is None or branch.remote is None or branch.local.sha == branch.remote.sha:
        return 0, 0
    if branch.ahead or branch.behind:
        return branch.ahead, branch.behind
    return repository.divergence(branch.remote.sha, branch.local.sha)


def count_stages(repository: Repository, refs: Refs) -> Refs:
    """Count each branch against the remote's branch of that name, whatever its upstream is."""
    counts = {name: distance(repository, branch) for name, branch in refs.branches.items()}
    return replace(
        refs,
        branches={
            name: replace(branch, ahead=counts[name][0], behind=counts[name][1])
            for name, branch in refs.branches.items()
        },
    )


def count_against_stage(refs: Refs, work: WorkTree) -> WorkTree:
    """Take for a stage's branch what was counted against the remote's branch of that name."""
    branch = refs.branch(work.branch)
    if branch.local is None or branch.remote is None:
        return work
    return replace(work, ahead=branch.ahead, behind=branch.behind)


def unpushed(repository: Repository, seen: Snapshot, name: str) -> Waiting:
    """Return the local commits that the remote branch lacks."""
    branch = seen.refs.branch(name)
    if not seen.ahead or branch.local is None:
        return Waiting()
    return repository.waiting(branch.remote.sha if branch.remote else "", branch.local.sha)


def release_query(template: str, moment: Moment) -> tuple[str, ...]:
    """Return the pattern of the tags that could be in the way of the release's."""
    return (f"{tag_name(template, moment)}*",) if template else ()
