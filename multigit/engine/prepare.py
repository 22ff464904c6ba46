"""Prepare: make every object that one repository's plan publishes. No remote is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import RepoPlan
from multigit.core.planning.steps import (
    AdvanceStep,
    CommitStep,
    MergeStep,
    ReapplyStep,
    RollBackStep,
    Step,
    TagStep,
)
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.core.values.merge import Merge
from multigit.core.values.refs import Objects, branch_ref
from multigit.engine.bringing_back import made_again
from multigit.engine.ports import Repository
from multigit.errors import GitError
from multigit.hints import Hint


def prepare(
    repository: Repository,
    repo: RepoPlan,
    date: str,
    trailer: str,
    *,
    earlier: Objects = MappingProxyType({}),
    again: bool = False,
    others: Mapping[str, Objects] = MappingProxyType({}),
) -> Objects:
    """Return what each ref of the plan will point at; every object exists when this returns.

    Objects of an `earlier` attempt are used if they still exist and are what the plan shows.
    Planned merges that are gone are made again. Raises MultigitError when something cannot be made
    as planned. Only a `CommitStep` touches the user's branch, index and hooks.
    `others` is what was made in the repositories that this one follows.
    """
    planned = repo.commits()
    repo = replace(repo, steps=tuple(pointing(step, others) for step in repo.steps))
    if earlier and made_as_planned(repository, repo, earlier):
        return earlier
    for step in planned:
        require_unchanged(repository, step, date)
    try:
        return make(repository, repo, date, trailer, again=again)
    except GitError:
        merges = [step.merge.result.commit for step in repo.merges()]
        merges += [step.merge.result.commit for step in repo.reapplied()]
        if again or not merges or repository.holds(merges):
            raise
        return make(repository, repo, date, trailer, again=True)


def pointing(step: Step, others: Mapping[str, Objects]) -> Step:
    """Return the step with each submodule's pointer at the commit that was made there.

    Journals of before do not name its ref: they knew only branches of the same name.
    """
    if not isinstance(step, CommitStep):
        return step
    ref = branch_ref(step.branch)
    return replace(
        step,
        changes=tuple(
            replace(each, commit=others[each.follows][each.ref or ref]) if each.follows else each
            for each in step.changes
        ),
    )


def made_as_planned(repository: Repository, repo: RepoPlan, made: Objects) -> bool:
    """Return whether all objects exist, each merge with the planned parents.

    A push with a lease accepts any commit, so this is what prevents publishing another one.
    """
    if not repository.holds(tuple(made.values())):
        return False
    wanted: dict[str, tuple[str, ...]] = {}
    for step in repo.merges():
        wanted |= parents_of(step, made[step.ref], made.get(branch_ref(step.source_branch), ""))
    for alone in repo.reapplied():
        wanted[made[alone.ref]] = (alone.merge.ours.sha,)
    for back in repo.roll_backs():
        wanted[made[back.ref]] = (back.before,)
    return not wanted or repository.parents(tuple(wanted)) == wanted


def parents_of(step: MergeStep, made: str, source: str) -> dict[str, tuple[str, ...]]:
    """Return the parents of a merge as planned, and of the commit that it was made with.

    `source` is what was made of the branch that is merged, or empty.
    """
    merge, back = step.merge, step.merge.fold.tip if step.merge.fold else None
    theirs = source or merge.theirs.sha
    if back is None:
        return {made: (merge.ours.sha, theirs)}
    if step.merge.fold and step.merge.fold.forward:
        return {made: (back.sha, theirs), back.sha: (merge.ours.sha,)}
    return {made: (merge.ours.sha, back.sha), back.sha: (theirs,)}


def make(
    repository: Repository, repo: RepoPlan, date: str, trailer: str, *, again: bool
) -> dict[str, str]:
    """Make the object of each step. With `again`, merges and all that builds on them are new."""
    made: dict[str, str] = {}
    replaced: dict[str, Tip] = {}  # by branch, what differs from the plan
    for step in repo.making():
        match step:
            case CommitStep():
                tip = commit(repository, step, date)
                made[step.ref] = tip.sha
                if tip.sha != step.commit:
                    replaced[step.branch] = tip
            case MergeStep() | ReapplyStep():
                merged = merged_as_planned(repository, repo, step, replaced, date, again=again)
                made[step.ref] = merged.commit
                if merged.commit != step.merge.result.commit:
                    replaced[step.branch] = Tip(merged.commit, merged.tree)
            case RollBackStep():
                made[step.ref] = roll_back(repository, step, date, again=again)
            case TagStep():
                signature = Signature(f"{step.message.strip()}\n\n{trailer}".strip(), date)
                target = made[branch_ref(step.branch)]
                made[step.ref] = repository.tag(step.name, target, signature)
            case AdvanceStep() | RestoreStep():
                made[step.ref] = step.after
            case DeleteTagStep():
                made[step.ref] = ""
            case _:
                assert_never(step)
    return made


def merged_as_planned(
    repository: Repository,
    repo: RepoPlan,
    step: MergeStep | ReapplyStep,
    replaced: Mapping[str, Tip],
    date: str,
    *,
    again: bool,
) -> Merged:
    """Return the planned merge, made again if it is gone, or if a hook changed what is merged.

    Raises GitError when the content is not what was confirmed.
    """
    gone = again or (not repo.tag and not repository.holds([step.merge.result.commit]))
    if isinstance(step, ReapplyStep):
        return (reapply_again(repository, step, date) if gone else step.merge).result
    theirs = replaced.get(step.source_branch) or (step.merge.theirs if gone else None)
    merge = merge_again(repository, step, theirs, date) if theirs else step.merge
    return merge.result


def reapply_again(repository: Repository, step: ReapplyStep, date: str) -> Merge:
    """Make the commit again that brings back what was rolled back, since it is gone.

    Raises GitError when the content is not what was confirmed.
    """
    made = made_again(repository, step.merge, date)
    if not made.result.commit:
        raise GitError(
            f"what was rolled back on {step.branch} no longer comes back as planned.",
            hint="Run the command again.",
            code="merge_changed",
        )
    return made


def roll_back(repository: Repository, step: RollBackStep, date: str, *, again: bool) -> str:
    """Return the planned commit that restores an earlier one; make it again if it is gone."""
    if not again and repository.holds([step.commit]):
        return step.commit
    return repository.commit_tree(step.tree, step.before, Signature(step.message, date))


def commit(repository: Repository, step: CommitStep, date: str) -> Tip:
    """Commit the work tree, unless the branch has moved since the plan was made."""
    work = repository.work_tree()
    if work.branch == step.branch and work.head and is_ours(repository, step, work.head, date):
        return repository.tip(work.head)
    if (work.branch, work.head) != (step.branch, step.parent):
        raise GitError(
            f"{step.branch} was at {step.parent[:7]} when the plan was made, "
            f"and has moved or is not checked out now.",
            hint="Run the command again.",
            code="moved",
        )
    return repository.commit(step.changes, Signature(step.message, date), verify=step.verify)


def require_unchanged(repository: Repository, step: CommitStep, date: str) -> None:
    """Raise GitError if the work tree is not what was confirmed, and is not committed yet.

    The plan of a push without a promotion only names the files; to continue it, one confirms again.
    """
    if not step.commit or repository.work_tree().head != step.parent:
        return
    now = repository.commit_preview(step.parent, step.changes, Signature(step.message, date))
    known = repository.holds([step.commit])
    if now.sha != step.commit and not (known and repository.tip(step.commit).tree == now.tree):
        raise files_changed(step)


def files_changed(step: CommitStep) -> GitError:
    """Return the error of a work tree that is not what was confirmed."""
    return GitError(
        f"the files to commit on {step.branch} have changed since the plan was made.",
        hint=Hint.PUSH_CHANGED.format(stage=step.stage),
        code="work_changed",
    )


def is_ours(repository: Repository, step: CommitStep, head: str, date: str) -> bool:
    """Return whether an earlier attempt made this commit, and was stopped before noting it."""
    if head == step.parent:
        return False
    newer = repository.waiting(step.parent, head)
    newest = newer.newest  # hooks may change the message; the second is the plan's own
    return newer.commits == 1 and newest is not None and newest.time == int(date.partition(" ")[0])


def merge_again(repository: Repository, step: MergeStep, theirs: Tip, date: str) -> Merge:
    """Merge again: a hook changed what is merged, or the planned merge is gone.

    Raises GitError when the content is not what was confirmed.
    """
    merge = step.merge
    made = made_again(repository, replace(merge, theirs=theirs), date)
    same = theirs.tree == merge.theirs.tree
    if not made.result.commit or (same and made.result.tree != merge.result.tree):
        raise GitError(
            f"{step.source_branch} no longer merges into {step.branch} as planned.",
            hint=Hint.PUSH_THEN_PROMOTE.format(source=merge.source, target=merge.target),
            code="merge_changed",
        )
    return made
