"""Follow: move local branches to what was published, where that is safe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from multigit.core.planning.publish_steps import FastForwardStep, FollowingStep, MoveBackStep
from multigit.core.progress.outcome import Outcome
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import branch_ref
from multigit.core.values.workspace import Workspace
from multigit.engine.ports import Repository
from multigit.errors import MultigitError
from multigit.hints import Hint


def follow(repository: Repository, outcome: Outcome, workspace: Workspace) -> Outcome:
    """Let local branches follow where that is safe; otherwise leave them and say so."""
    repo = workspace.repo(outcome.repo)
    clone = str(workspace.root / repo.path)
    named = {"clone": clone, "path": repo.typed(), "remote": workspace.remote_of(repo)}
    notes = []
    for step in outcome.plan.following():
        try:
            if reason := follow_branch(repository, step, outcome.made):
                notes.append(left_alone(step, reason, how(repository, outcome, step, named)))
        except MultigitError as error:
            notes.append(left_alone(step, error.message, error.hint))
    return replace(outcome, problems=(*outcome.problems, *notes))


def follow_branch(repository: Repository, step: FollowingStep, made: Mapping[str, str]) -> str:
    """Move one local branch; return why it was left alone, or empty."""
    match step:
        case MoveBackStep():
            return repository.move_back(step.branch, before=step.before, after=step.after)
        case FastForwardStep(checked_out=""):
            return repository.fast_forward(step.branch, made[branch_ref(step.branch)])
        case FastForwardStep():
            return "it is checked out"
        case _:
            assert_never(step)


def left_alone(step: FollowingStep, reason: str, hint: str) -> Problem:
    """Return the note about a local branch that did not follow."""
    message = f"the local {step.branch} was left alone: {reason}."
    return Problem("local_branch_left", message, hint, Severity.WARN)


def how(
    repository: Repository,
    outcome: Outcome,
    step: FollowingStep,
    named: Mapping[str, str],
) -> str:
    """Return the hint that moves the branch to where it should be, without losing anything.

    The clone's `path` and its `remote` are `named` as they are typed; `clone` is the whole path.
    """
    branch = repository.refs(RefQuery((step.branch,))).branch(step.branch)
    where = {**named, "branch": step.branch}
    elsewhere = branch.checked_out != named["clone"]
    there = {**where, "path": shlex.quote(branch.checked_out)} if elsewhere else where
    if isinstance(step, MoveBackStep):
        if not step.after:
            return "Delete it when nothing needs it."
        if branch.checked_out and not branch.vanished:
            return Hint.RESET_HEAD.format(commit=step.after[:7], **there)
        return Hint.RESET_BRANCH.format(commit=step.after[:7], before=step.before[:7], **where)
    if branch.vanished:
        return Hint.PRUNE_AND_FETCH.format(**where)
    made = outcome.made[branch_ref(step.branch)]
    own = branch.local and repository.divergence(made, branch.local.sha)[0]
    if branch.checked_out:
        pull = Hint.PULL_REBASE if own else Hint.PULL_ELSEWHERE
        return pull.format(**there)
    return Hint.PULL_REBASE_THERE.format(**where)
