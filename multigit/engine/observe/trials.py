"""Trials: what signing or a server would refuse is found while planning, and leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.core.values.git_answers import Publication, Signature
from multigit.core.values.listener import ShowActivity
from multigit.core.values.merge import Merge
from multigit.core.values.refs import Refs
from multigit.core.values.snapshot import Snapshot
from multigit.engine.ports import Repository
from multigit.engine.retry import with_retry


def try_to_sign(repository: Repository, merges: Sequence[Merge], date: str) -> None:
    """Sign a tag object that is never published, to find a missing key while planning."""
    made = [merge.result.commit for merge in merges if merge.result.commit]
    if made:
        repository.tag("multigit-trial", made[-1], Signature("Can this be signed?", date))


def try_to_commit(repository: Repository, snapshot: Snapshot, date: str) -> None:
    """Sign a commit of the current tree that no branch will have."""
    work = snapshot.work
    if work and work.head and not work.conflicted and snapshot.facts.identity:
        repository.commit_preview(work.head, (), Signature("Can this be signed?", date))


def try_to_push(repository: Repository, refs: Refs, show: ShowActivity) -> None:
    """Try a signed push, to find a server that accepts none while planning."""
    tips = [branch.remote.sha for branch in refs.branches.values() if branch.remote]
    if tips:
        trial = Publication("refs/multigit/trial", "", tips[0])
        with_retry(lambda: repository.dry_run_push(trial), show=show)
