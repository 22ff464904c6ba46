"""How far a local branch and the remote's have diverged."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.values.refs import Branch, Refs
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import WorkTree
from multigit.engine.ports import Repository


def compare_sides(repository: Repository, snapshot: Snapshot, name: str) -> Snapshot:
    """Count the commits that only the local branch, or only the remote's, has."""
    branch = snapshot.refs.branch(name)
    if branch.local and branch.remote is None:
        return replace(snapshot, ahead=1)
    branch = counted(repository, branch)
    return replace(snapshot, ahead=branch.ahead, behind=branch.behind)


def counted(repository: Repository, branch: Branch) -> Branch:
    """Return the branch with how far its local side is ahead of the remote one and behind it.

    The local branch may have another upstream, or none: then git has not counted yet.
    """
    if branch.local is None or branch.remote is None or branch.local.sha == branch.remote.sha:
        return replace(branch, ahead=0, behind=0)
    if branch.ahead or branch.behind:
        return branch
    ahead, behind = repository.divergence(branch.remote.sha, branch.local.sha)
    return replace(branch, ahead=ahead, behind=behind)


def count_stages(repository: Repository, refs: Refs) -> Refs:
    """Count each branch against the remote's branch of that name, whatever its upstream."""
    branches = {name: counted(repository, branch) for name, branch in refs.branches.items()}
    return replace(refs, branches=branches)


def count_against_stage(refs: Refs, work: WorkTree) -> WorkTree:
    """For a stage's branch, use the counts against the remote's branch of that name."""
    branch = refs.branch(work.branch)
    if branch.local is None or branch.remote is None:
        return work
    return replace(work, ahead=branch.ahead, behind=branch.behind)
