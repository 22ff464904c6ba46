"""Carry out a pull: each repository on its own, whatever happens in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.pull_steps import (
    CloneStep,
    CreateBranchStep,
    PullingStep,
    SwitchStep,
    UpdateStep,
)
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.reports import leaving
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.refs import branch_ref
from multigit.core.values.workspace import Workspace
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Git, Repository
from multigit.engine.publish import is_in
from multigit.errors import GitError, MultigitError
from multigit.hints import Hint

NOT_STARTED = Problem("interrupted", "was not started.", "Run the command again.")


def update_everywhere(git: Git, workspace: Workspace, plan: Plan, fleet: Fleet) -> Report:
    """Update every repository that has steps; the others stay as the plan says."""
    plans = {repo.repo: repo for repo in plan.planned()}

    def work(planned: RepoPlan, show: ShowActivity) -> Outcome:
        repo = workspace.repo(planned.repo)
        show("cloning" if isinstance(planned.steps[0], CloneStep) else "updating")
        return update(git.repository(repo), planned, repo.typed())

    done = fleet.for_each(
        plans,
        work,
        phase="Updating",
        summarize=lambda outcome: (outcome.state, ""),
        leaving=leaving.updating,
    )
    updated = done.all()
    outcomes = [
        updated.get(name) or Outcome(repo, State.FAILED, problems=(NOT_STARTED,))
        for name, repo in plans.items()
    ]
    report = ended(plan, outcomes, interrupted=done.interrupted)
    if report.result is Result.DONE and report.count(State.BLOCKED):
        return replace(report, result=Result.BLOCKED)
    return report


def update(repository: Repository, repo: RepoPlan, typed: str) -> Outcome:
    """Carry out the steps of one repository; a failure is an outcome.

    `typed` is its folder as a hint names it.
    """
    made: dict[str, str] = {}
    try:
        for step in repo.steps:
            if not isinstance(step, PullingStep):
                raise TypeError(step)
            match step:
                case CloneStep():
                    repository.clone()
                    if repository.work_tree().branch != step.branch:
                        repository.create_branch(step.branch)
                        repository.switch(step.branch)
                case CreateBranchStep():
                    repository.create_branch(step.branch)
                    made[branch_ref(step.branch)] = step.after
                case UpdateStep():
                    advance(repository, step)
                    made[branch_ref(step.branch)] = step.after
                case SwitchStep():
                    repository.switch(step.branch)
                case _:
                    assert_never(step)
        confirm(repository, repo, made, typed)
    except MultigitError as error:
        problem = Problem.of(error)
        return Outcome(repo, State.FAILED, made, (*repo.problems, problem))
    return Outcome(repo, State.UPDATED, made, repo.problems)


def confirm(repository: Repository, repo: RepoPlan, made: Mapping[str, str], typed: str) -> None:
    """Raise GitError if the branch is not where the steps move it, even if git reported success."""
    branch = repository.refs(RefQuery((repo.branch,))).branch(repo.branch)
    there, wanted = branch.local.sha if branch.local else "", made.get(branch_ref(repo.branch), "")
    if wanted != there and wanted and not (there and is_in(repository, there, wanted)):
        raise not_updated(f"{repo.branch} is not at {wanted[:7]} after the update.", typed)
    shown = any(
        isinstance(step, CloneStep | SwitchStep)
        or (isinstance(step, UpdateStep) and step.checked_out)
        for step in repo.steps
    )
    if shown and not branch.checked_out:
        raise not_updated(f"{repo.branch} is not checked out after the update.", typed)


def not_updated(message: str, typed: str) -> GitError:
    """Return the error of an update that git carried out differently than planned."""
    hint = Hint.SEE_STATUS.format(path=typed)
    return GitError(message, hint=hint, code="not_updated")


def advance(repository: Repository, step: UpdateStep) -> None:
    """Fast-forward the branch, and the work tree's files if it is checked out."""
    if step.checked_out:
        repository.update_work_tree(step.branch, step.after)
    elif reason := repository.fast_forward(step.branch, step.after):
        raise GitError(f"{step.branch} was left as is: {reason}.", code="local_branch_left")
