"""A plan with what was found out about its deployments: what blocks, and what that holds back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan, State, stopped
from multigit.core.progress.state import OperationState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Workspace

Findings = Mapping[str, Sequence[Problem]]  # by repository


def together(*findings: Findings) -> Findings:
    """Return all that was found out about each repository, in this order."""
    names = dict.fromkeys(name for each in findings for name in each)
    return {name: [p for each in findings for p in each.get(name, ())] for name in names}


def clear_of(plan: Plan, findings: Findings) -> Plan:
    """Return the plan of only those repositories in which none of the findings blocks anything."""
    blocked = {name for name, found in findings.items() if any(each.blocks for each in found)}
    return replace(plan, repos=tuple(repo for repo in plan.repos if repo.repo not in blocked))


def with_findings(
    plan: Plan, state: OperationState, findings: Findings, workspace: Workspace
) -> Plan:
    """Return the plan with what was found out; it may block now.

    What comes after a repository that is left out is left out, too. What was begun never is.
    """
    repos = {repo.repo: _judged(repo, plan, state, findings) for repo in plan.repos}
    left_out = {name for name, repo in repos.items() if repo.left_out}
    if not left_out:
        return replace(plan, repos=tuple(repos.values()))
    for repo in sorted(repos.values(), key=lambda repo: repo.wave):
        before = (*repo.follows, *workspace.repo(repo.repo).after)
        missing = [name for name in before if name in left_out]
        if missing and repo.state is State.PLANNED and not state.of(repo.repo).begun:
            repos[repo.repo] = _held_back(repo, missing[0])
            left_out.add(repo.repo)
    return replace(plan, repos=tuple(repos.values()))


def _judged(repo: RepoPlan, plan: Plan, state: OperationState, findings: Findings) -> RepoPlan:
    if repo.repo not in findings:
        return repo
    problems = tuple(dict.fromkeys((*repo.problems, *findings[repo.repo])))
    skip = plan.skip_blocked and not state.of(repo.repo).begun
    return stopped(replace(repo, problems=problems), skip_blocked=skip)


def _held_back(repo: RepoPlan, by: str) -> RepoPlan:
    problem = Problem(
        "after_left_out",
        f"comes after {by}, which is left out.",
        f"Mend {by} first, or take it out of `after`.",
        Severity.WARN,
    )
    problems = (problem, *repo.problems)  # the reason first
    return replace(repo, state=State.SKIPPED, steps=(), problems=problems)
