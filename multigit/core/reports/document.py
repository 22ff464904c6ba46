"""A report for scripts: the JSON document of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from multigit.core.planning.plan import RepoPlan, Result, RollsBack, State
from multigit.core.planning.steps import MovingStep, RedeployStep, ReportedStep
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.records.repo_record import DeploymentRecord
from multigit.core.reports.summary import summary
from multigit.core.values.deployment import Deployment, for_all_targets
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects
from multigit.core.values.text import masked
from multigit.errors import OK, ConfigError, MultigitError

SCHEMA = "multigit/1"


def frame(
    command: str | None,
    message: str,
    *,
    result: str = Result.DONE,
    exit_code: int = OK,
    operation: str | None = None,
    repos: Sequence[Mapping[str, Any]] = (),
    problems: Iterable[Problem] = (),
    hint: str = "",
    **extra: Any,
) -> dict[str, Any]:
    """Return the document that `--json` prints: keys that all commands have, and `extra` ones."""
    return {
        "schema": SCHEMA,
        "command": command,
        "operation": operation,
        "result": str(result),
        "exit_code": exit_code,
        **extra,
        "repos": list(repos),
        "problems": [problem_document(problem) for problem in problems],
        "message": message,
        "hint": hint or None,
    }


def document(report: Report) -> dict[str, Any]:
    """Return the report as the document that `--json` prints."""
    plan = report.plan
    sentence, hint = summary(report)
    return frame(
        report.closing or plan.command,
        sentence,
        result=report.reported_result,
        exit_code=report.exit_code,
        operation=plan.operation,
        source=plan.source or None,
        target=plan.target or None,
        release=plan.release or None,
        repos=[repo_document(outcome) for outcome in report.outcomes],
        problems=report.problems,
        hint=hint,
        accepted=[asdict(each) for each in plan.accepted],
        rolled_back=_rolled_back(report),
        **_rolls_back(plan.rolls_back),
    )


def _rolls_back(back: RollsBack | None) -> dict[str, Any]:
    """Return what a roll-back adds to the document."""
    if back is None:
        return {}
    said = {"to": back.to, "bad": back.bad, "why": back.why, "after": back.after}
    return {"rolls_back": {key: text or None for key, text in said.items()}}


def _rolled_back(report: Report) -> dict[str, Any] | None:
    """Return how the roll-back ended that answered an operation, or None if there was none."""
    back = report.rolled_back
    if back is None or back.plan.rolls_back is None:
        return None
    return {
        "operation": back.plan.operation,
        "to": back.plan.rolls_back.to,
        "result": str(back.reported_result),
        "message": summary(back)[0],
    }


def repo_document(outcome: Outcome) -> dict[str, Any]:
    """Return one repository of the document."""
    repo = outcome.plan
    after = _planned_after(repo) if outcome.state is State.PLANNED else outcome.after
    return {
        "repo": repo.repo,
        "path": repo.path,
        "state": outcome.reported_state,
        "branch": repo.branch,
        "source_sha": repo.source_sha or None,
        "before": repo.before or None,
        "after": after or None,
        "tag": repo.tag or None,
        "commits": repo.commit_count,
        "steps": [step_document(step, outcome.made) for step in repo.reported_steps()],
        "problems": [problem_document(problem) for problem in outcome.problems],
        "deployment": None if not outcome.deployments else _deployments(outcome.deployments),
    }


def _planned_after(repo: RepoPlan) -> str | None:
    """Return the planned tip of the last branch that moves, None if it is not known yet."""
    after: str | None = repo.branch_steps()[-1].document({})["after"] if repo.after else None
    return after


def _deployments(deployments: Sequence[Deployment]) -> dict[str, Any]:
    """Return a repository's deployments with one state for all of them."""
    return {
        "state": str(for_all_targets(each.state for each in deployments)),
        "targets": [DeploymentRecord.of(each).document() for each in deployments],
    }


def step_document(step: ReportedStep, made: Objects) -> dict[str, Any]:
    """Return one step; if it does not move a branch, it is as in the plan."""
    if isinstance(step, RedeployStep):
        return step.document()
    return step.document(made) if isinstance(step, MovingStep) else asdict(step)


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return a problem as scripts read it."""
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint or None,
        "severity": str(problem.severity),
        "files": list(problem.files),
    }


def error_document(error: MultigitError, command: str | None) -> dict[str, Any]:
    """Return the document of a command that could not start."""
    details = error.details if isinstance(error, ConfigError) else ()
    problems = details or ((error.message, error.hint),)
    return frame(
        command,
        masked(error.message),
        result=Result.ERROR,
        exit_code=error.exit_code,
        problems=[Problem(error.code, masked(message), masked(hint)) for message, hint in problems],
        hint=masked(error.hint),
    )
