"""Which repositories take part in an operation: not those that lack one of its stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from multigit.core.planning.plan import NO_STAGE, RepoPlan, State
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import shortened
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.errors import UsageError


class Request(Protocol):
    """What a command was asked to do in several repositories."""

    @property
    def repos(self) -> tuple[Repo, ...]:
        """The selected repositories."""

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it with a repository's own branches and stages, or why that one is left out."""


R = TypeVar("R", bound=Request)


def taking_part(request: R, workspace: Workspace) -> Mapping[str, R]:
    """Return the request as each repository carries it out, without those that are left out.

    Raises UsageError if all of them are.
    """
    requests: dict[str, R] = {}
    reasons: dict[str, Problem] = {}
    for repo in request.repos:
        match request.in_repo(workspace, repo):
            case Problem() as reason:
                reasons[repo.name] = reason
            case own:
                requests[repo.name] = own
    if not requests:
        raise _no_one(workspace, request.repos, reasons)
    return requests


def plans_of(
    request: R, workspace: Workspace, plan: Callable[[R, Repo], RepoPlan]
) -> tuple[RepoPlan, ...]:
    """Return a plan for each repository of a request; those that are left out are skipped."""

    def plan_of(repo: Repo) -> RepoPlan:
        own = request.in_repo(workspace, repo)
        if isinstance(own, Problem):
            return RepoPlan(repo.name, repo.path, State.SKIPPED, problems=(own,), wave=repo.wave)
        return plan(own, repo)

    return tuple(map(plan_of, request.repos))


def stage_in(stage: Stage, workspace: Workspace, repo: Repo) -> Stage | Problem:
    """Return a stage as a repository has it, or the problem that it has no such stage."""
    return next(iter(workspace.stages_of(repo, [stage])), no_stage(stage))


def no_stage(stage: Stage) -> Problem:
    """Return the reason why a repository without a stage is left out."""
    return Problem(NO_STAGE, f"has no stage {stage.name}.", severity=Severity.WARN)


def require_stages(workspace: Workspace, stages: Iterable[Stage], repos: Sequence[Repo]) -> None:
    """Raise UsageError if none of these repositories has one of the stages."""
    for stage in stages:
        if not any(repo.has(stage) for repo in repos):
            raise _no_one(workspace, repos, {repo.name: no_stage(stage) for repo in repos})


def _no_one(
    workspace: Workspace, repos: Sequence[Repo], reasons: Mapping[str, Problem]
) -> UsageError:
    """Return the error that no selected repository takes part."""
    first = repos[0]
    why = tuple(f"{name} {each.message.removesuffix('.')}" for name, each in reasons.items())
    stages = ", ".join(stage.name for stage in workspace.stages_of(first))
    return UsageError(
        f"{shortened(why)}.",
        hint=f"The stages of {first.name}: {stages}.",
        code=reasons[first.name].code,
    )
