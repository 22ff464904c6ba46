"""Rewording: a plan that was made before its message was known gets it, in one repository."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.lineage.revert_messages import accepted_in, accepting
from multigit.core.planning.plan import RepoPlan
from multigit.core.planning.steps import CommitStep, MergeStep, Step, TagStep
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import Signature
from multigit.engine.ports import Repository
from multigit.engine.prepare import files_changed, merge_again


def reworded(repository: Repository, repo: RepoPlan, message: str, date: str) -> RepoPlan:
    """Return the plan with this message where it had none; its merges are made again with it.

    Their contents stay as they were shown. Raises GitError if that is not possible.
    """
    tips: dict[str, Tip] = {}  # by branch, what is new

    def reword(step: Step) -> Step:
        match step:
            case CommitStep(message=""):
                return _commit(repository, replace(step, message=message), date, tips)
            case MergeStep():
                return _merge(repository, step, message, date, tips)
            case TagStep(message=""):
                return replace(step, message=message)
            case _:
                return step

    return replace(repo, steps=tuple(map(reword, repo.steps)))


def _commit(
    repository: Repository, step: CommitStep, date: str, tips: dict[str, Tip]
) -> CommitStep:
    """Preview a commit again if its id was part of the plan."""
    if not step.commit:
        return step
    tree = repository.tip(step.commit).tree
    now = repository.commit_preview(step.parent, step.changes, Signature(step.message, date))
    if now.tree != tree:
        raise files_changed(step)
    tips[step.branch] = Tip(now.sha, now.tree)
    return replace(step, commit=now.sha)


def _merge(
    repository: Repository, step: MergeStep, message: str, date: str, tips: dict[str, Tip]
) -> MergeStep:
    """Merge again if the message, or the commit that is merged, is a new one."""
    merge = step.merge
    theirs = tips.get(step.source_branch, merge.theirs)
    if not step.worded:
        merge = replace(merge, message=accepting(message, accepted_in(merge.message)))
    elif theirs == merge.theirs:
        return step
    made = merge_again(repository, replace(step, merge=merge), theirs, date)
    tips[step.branch] = Tip(made.result.commit, made.result.tree)
    waiting = _named(merge.waiting, merge.theirs, theirs, message)
    return replace(step, merge=replace(made, waiting=waiting))


def _named(waiting: PendingCommits, before: Tip, tip: Tip, subject: str) -> PendingCommits:
    """Return what a merge brings, with the new id and subject of a commit that had none."""
    if waiting.newest is None or before == tip or waiting.newest.sha != before.sha:
        return waiting
    newest = replace(waiting.newest, sha=tip.sha, subject=subject)
    return replace(waiting, newest=newest, subjects=(subject, *waiting.subjects[1:]))
