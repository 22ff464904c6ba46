"""Preview: make each merge of a route in the object database, and find what it would lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.routes import Hop
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.core.values.merge import Merge, Reversal
from multigit.core.values.refs import Refs
from multigit.engine.bringing_back import brought_back
from multigit.engine.ports import Repository


def preview_merges(
    repository: Repository,
    refs: Refs,
    hops: Sequence[Hop],
    date: str,
    source: Tip | None = None,
    *,
    accept_reverts: bool = False,
    roll_forward: bool = False,
) -> tuple[Merge, ...]:
    """Merge hop after hop in the object database, each on the result of the one before.

    Stops at the first merge that cannot be made. `source` replaces the first branch's tip if a
    commit is about to be made there. Without a date there is only the result, and no commit. What
    was rolled back comes back, unless that is accepted; with `roll_forward`, also what only its
    content shows, and what is all that there is.
    """
    tips = {name: branch.remote for name, branch in refs.branches.items()}
    if source:
        tips[hops[0].source.branch] = source
    merges: list[Merge] = []
    for hop in hops:
        ours, theirs = tips.get(hop.target.branch), tips.get(hop.source.branch)
        if ours is None or theirs is None:
            break
        merge = preview_merge(repository, hop, ours, theirs, date)
        if accept_reverts and merge.reversals:
            merge = accepting_reverts(repository, merge, date)
        else:
            merge = brought_back(repository, hop, merge, date, roll_forward=roll_forward)
        merges.append(merge)
        if merge.blocked:
            break
        if made := merge.result.commit:
            tips[hop.target.branch] = Tip(made, merge.result.tree)
    return tuple(merges)


def preview_merge(repository: Repository, hop: Hop, ours: Tip, theirs: Tip, date: str) -> Merge:
    """Merge one hop in the object database, and count what it brings."""
    signature = Signature(hop.message, date) if date else None
    same = ours.tree == theirs.tree
    waiting = PendingCommits() if same else repository.lacking(ours, theirs)
    if same or waiting.commits or waiting.forks:
        merged = repository.merge(ours, theirs, signature, waiting.forks)
    else:  # ours builds on theirs
        merged = Merged(tree=ours.tree)
    reversals = () if same else lost_on_the_way(repository, hop, ours, theirs, waiting, merged)
    brings, sides = replace(waiting, forks=()), (hop.source.name, hop.target.name)
    return Merge(*sides, ours, theirs, merged, hop.message, brings, tuple(reversals))


def lost_on_the_way(
    repository: Repository,
    hop: Hop,
    ours: Tip,
    theirs: Tip,
    waiting: PendingCommits,
    merged: Merged,
) -> Sequence[Reversal]:
    """Return the later stage's commits through which work of the earlier one would be lost.

    If only the source has commits since they diverged, the target has reverted nothing.
    """
    if not hop.forward:
        return repository.reversals(ours, theirs, merged.tree, merged.conflicts)
    if [fork.sha for fork in waiting.forks] == [ours.sha]:
        return ()
    return repository.reversals(theirs, ours, merged.tree, merged.conflicts)


def accepting_reverts(repository: Repository, merge: Merge, date: str) -> Merge:
    """Return the merge with a message that lists the reverts that are accepted with it."""
    message = accepting(merge.message, [each.sha for each in merge.reversals])
    if not merge.result.commit:
        return replace(merge, message=message)
    made = repository.merge(merge.ours, merge.theirs, Signature(message, date))
    return replace(merge, message=message, result=replace(merge.result, commit=made.commit))
