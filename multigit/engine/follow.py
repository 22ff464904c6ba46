"""Follow: local branches go along with what was published, where that is safe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from multigit.core.outcome import Outcome
from multigit.core.plan import FastForwardStep, MoveBackStep, RepoPlan
from multigit.core.problem import Problem, Severity
from multigit.core.refs import branch_ref
from multigit.core.text import git_in
from multigit.engine.ports import Repository
from multigit.errors import MultigitError


def follow(repository: Repository, outcome: Outcome, remote: str) -> Outcome:
    """Let local branches follow where that is safe; otherwise leave them and say so.

    `remote` is the name of the remote that was published to, for what a person may type.
    """
    notes = []
    for step in outcome.plan.steps:
        if isinstance(step, FastForwardStep | MoveBackStep):
            try:
                reason = follow_branch(repository, step, outcome.made)
            except MultigitError as error:
                reason = error.message
            if reason:
                notes.append(left_alone(outcome.plan, step, reason, remote))
    return replace(outcome, problems=(*outcome.problems, *notes))


def follow_branch(
    repository: Repository, step: FastForwardStep | MoveBackStep, made: Mapping[str, str]
) -> str:
    """Move one local branch; return why it was left alone, or empty."""
    if isinstance(step, MoveBackStep):
        return repository.move_back(step.branch, before=step.before, after=step.after)
    if step.checked_out:
        return "it is checked out"
    return repository.fast_forward(step.branch, made[branch_ref(step.branch)])


def left_alone(
    repo: RepoPlan, step: FastForwardStep | MoveBackStep, reason: str, remote: str
) -> Problem:
    """Return the note about a local branch that did not follow."""
    if isinstance(step, MoveBackStep):
        hint = f"To set it back: {git_in(repo.path)} branch --force {step.branch} {step.after[:7]}"
    else:
        where = f"{remote} {step.branch}"  # the branch's upstream may be another one
        how = f"{git_in(step.checked_out)} pull --ff-only {where}"
        if not step.checked_out:
            switch = f"cd {shlex.quote(repo.path)} && git switch {step.branch}"
            how = f"{switch} && git pull --rebase {where}"
        hint = f"To bring it up to date: {how}"
    message = f"the local {step.branch} was left alone: {reason}."
    return Problem("local_branch_left", message, hint, Severity.WARN)
