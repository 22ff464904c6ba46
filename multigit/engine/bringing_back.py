"""A merge that brings back what was rolled back on the later stage.

To git a roll-back is the newer change, so a plain merge would leave that work out. Therefore the
merge is made with a commit on top of the later stage, whose tree is the stage without its
roll-backs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from multigit.core.lineage.revert_messages import reapplying
from multigit.core.planning.roll_backs import skips_of, to_skip
from multigit.core.planning.routes import Hop
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.core.values.merge import Fold, Merge, Reversal
from multigit.engine.ports import Repository


def brought_back(
    repository: Repository, hop: Hop, merge: Merge, date: str, *, roll_forward: bool
) -> Merge:
    """Return the merge with what was rolled back; as it is if nothing was, or a person decides."""
    chosen = to_skip(merge.reversals, forward=hop.forward, roll_forward=roll_forward)
    if not (skips := skips_of(chosen)):
        return merge
    earlier, later = merge.sides(forward=hop.forward)
    branch = (hop.target if hop.forward else hop.source).branch
    reverts = tuple(each.sha for each in chosen)
    folded = repository.fold(earlier, later, skips)
    fold = Fold(
        skips,
        reverts,
        commits=sum(each.lost for each in chosen),
        message=reapplying(branch, reverts),
        stuck=folded.stuck,
        conflicts=folded.conflicts,
        places=folded.places,
        forward=hop.forward,
    )
    if not folded.tree:
        return replace(merge, result=Merged(), fold=fold)
    if folded.tree == later.tree:
        return explained(repository, merge, chosen, earlier, folded.own)
    signature = Signature(fold.message, date) if date else None
    made = repository.commit_tree(folded.tree, later.sha, signature)
    fold = replace(fold, tip=Tip(made, folded.tree))
    merged = merged_with(repository, merge, fold, date)
    if not merged.conflicted:
        differing = repository.differing(merged.tree, earlier.tree)
        fold = replace(fold, strays=tuple(sorted({*differing} - folded.own)))
    reversals = _with_others(repository, merge, merged, forward=hop.forward)
    merge = replace(merge, result=merged, fold=fold, reversals=reversals)
    alone = merge.held and roll_forward and signature is not None
    return published_alone(repository, merge) if alone else merge


def explained(
    repository: Repository,
    merge: Merge,
    chosen: Collection[Reversal],
    earlier: Tip,
    own: frozenset[str],
) -> Merge:
    """Return a merge whose later stage is the same without these reversals.

    Either a later commit has all of their work, or that work is missing for another reason, which a
    person has to find.
    """
    differing = () if merge.blocked else repository.differing(merge.result.tree, earlier.tree)
    if not merge.blocked and {*differing} <= own:
        return replace(merge, reversals=tuple(r for r in merge.reversals if r not in chosen))
    unclear = (
        replace(each, mixed=each.paths, back=()) if each in chosen else each
        for each in merge.reversals
    )
    return replace(merge, reversals=tuple(unclear))


def made_again(repository: Repository, merge: Merge, date: str) -> Merge:
    """Return the merge with its commit made again, on the two sides that it names now.

    So is the commit that brings work back; its content is worked out again if it is gone.
    """
    fold, signature = merge.fold, Signature(merge.message, date)
    if fold is None or fold.tip is None:
        return _with_commit(merge, repository.merge(merge.ours, merge.theirs, signature))
    earlier, later = merge.sides(forward=fold.forward)
    tree = fold.tip.tree
    if not repository.holds([tree]):
        tree = repository.fold(earlier, later, fold.skips).tree
    if tree != fold.tip.tree:
        return _with_commit(merge, Merged())
    tip = Tip(repository.commit_tree(tree, later.sha, Signature(fold.message, date)), tree)
    fold = replace(fold, tip=tip)
    merge = replace(merge, fold=fold)
    if fold.alone:
        return published_alone(repository, merge)
    return _with_commit(merge, merged_with(repository, merge, fold, date))


def _with_commit(merge: Merge, made: Merged) -> Merge:
    return replace(merge, result=replace(merge.result, commit=made.commit, tree=made.tree))


def _with_others(
    repository: Repository, merge: Merge, merged: Merged, *, forward: bool
) -> tuple[Reversal, ...]:
    """Return the reversals of a merge, and those through which it would still lose work."""
    earlier, later = merge.sides(forward=forward)
    known = {each.sha for each in merge.reversals}
    left = repository.reversals(earlier, later, merged.tree, merged.conflicts)
    return (*merge.reversals, *(each for each in left if each.sha not in known))


def merged_with(repository: Repository, merge: Merge, fold: Fold, date: str) -> Merged:
    """Return the merge of the two sides, of which the later one is taken without its roll-backs.

    Without a commit if the target has all of it already.
    """
    tip = fold.tip or merge.ours
    ours, theirs = (tip, merge.theirs) if fold.forward else (merge.ours, tip)
    signature = Signature(merge.message, date) if date else None
    merged = repository.merge(ours, theirs, signature)
    if merged.tree == merge.ours.tree:
        return Merged(tree=merged.tree)
    if not merged.commit:
        return merged
    return replace(merged, files=len(repository.differing(merge.ours.tree, merged.tree)))


def published_alone(repository: Repository, merge: Merge) -> Merge:
    """Return the merge whose only commit is the one that brings the work back."""
    tip = merge.fold.tip if merge.fold else None
    if merge.fold is None or tip is None:
        return merge
    files = len(repository.differing(merge.ours.tree, tip.tree))
    alone = replace(merge.fold, alone=True)
    return replace(merge, fold=alone, result=Merged(tip.sha, tip.tree, files))
