"""Problems that are found after planning, and the repositories that they block or hold up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan, State, stopped
from multigit.core.progress.earlier import DOUBT, STILL
from multigit.core.progress.state import OperationState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Workspace

Findings = Mapping[str, Sequence[Problem]]  # by repository
LOOKS = {DOUBT, STILL}  # codes of what a look at last deployments finds


def together(*findings: Findings) -> Findings:
    """Combine findings: return all problems of each repository, in the given order."""
    names = dict.fromkeys(name for each in findings for name in each)
    return {name: [p for each in findings for p in each.get(name, ())] for name in names}


def clear_of(plan: Plan, findings: Findings) -> Plan:
    """Return the plan without the repositories that a finding blocks."""
    blocked = {name for name, found in findings.items() if any(each.blocks for each in found)}
    return replace(plan, repos=tuple(repo for repo in plan.repos if repo.repo not in blocked))


def with_findings(
    plan: Plan, state: OperationState, findings: Findings, workspace: Workspace
) -> Plan:
    """Return the plan with the findings added; repositories may now be blocked or skipped.

    A repository that depends on a skipped one is skipped, too, unless it was already started.
    """
    repos = {repo.repo: _with_problems(repo, plan, state, findings) for repo in plan.repos}
    skipped = {name for name, repo in repos.items() if repo.left_out}
    if not skipped:
        return replace(plan, repos=tuple(repos.values()))
    for repo in sorted(repos.values(), key=lambda repo: repo.wave):
        depends_on = (*repo.follows, *workspace.repo(repo.repo).after)
        missing = [name for name in depends_on if name in skipped]
        if missing and repo.state is State.PLANNED and not state.of(repo.repo).begun:
            repos[repo.repo] = _skipped(repo, missing[0])
            skipped.add(repo.repo)
    return replace(plan, repos=tuple(repos.values()))


def without_looks(plan: Plan) -> Plan:
    """Return the plan without what earlier looks at its last deployments found."""

    def lasting(repo: RepoPlan) -> RepoPlan:
        kept = tuple(each for each in repo.problems if each.code not in LOOKS)
        return replace(repo, problems=kept)

    return replace(plan, repos=tuple(map(lasting, plan.repos)))


def _with_problems(
    repo: RepoPlan, plan: Plan, state: OperationState, findings: Findings
) -> RepoPlan:
    if repo.repo not in findings:
        return repo
    new = findings[repo.repo]
    said = {(each.code, each.message) for each in new}  # a journal keeps problems without hints
    before = (each for each in repo.problems if (each.code, each.message) not in said)
    problems = tuple(dict.fromkeys((*before, *new)))
    skip = plan.skip_blocked and not state.of(repo.repo).begun
    return stopped(replace(repo, problems=problems), skip_blocked=skip)


def _skipped(repo: RepoPlan, missing: str) -> RepoPlan:
    message = f"depends on {missing}, which is skipped."
    hint = f"Fix {missing} first, or remove it from `after`."
    problem = Problem("after_left_out", message, hint, Severity.WARN)
    return replace(repo, state=State.SKIPPED, steps=(), problems=(problem, *repo.problems))
