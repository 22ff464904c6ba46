"""How people name a stage: as it is called, or by its branch where that is not ambiguous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.core.values.text import shortened
from multigit.core.values.workspace import Repo, Stage, Workspace, unknown
from multigit.errors import UsageError


def stage_called(name: str, workspace: Workspace, repos: Sequence[Repo]) -> Stage:
    """Return the stage of that name, or else the one whose branch has it in these repositories.

    Raises UsageError if there is none, or if that is a branch of several stages.
    """
    names = [stage.name for stage in workspace.stages]
    if name in names:
        return workspace.stage(name)
    found = _with_branch(name, workspace, repos)
    if not found:
        branches = [stage.branch for repo in repos for stage in workspace.stages_of(repo)]
        raise unknown("stage", name, names, also=branches)
    if len(found) > 1:
        raise _ambiguous(name, found)
    return workspace.stage(next(iter(found)))


def stage_confirmed(word: str, workspace: Workspace, repos: Sequence[Repo]) -> str:
    """Return the name of the stage that --confirm names, or the word itself if it names none."""
    try:
        return stage_called(word, workspace, repos).name
    except UsageError:
        return word


def _with_branch(name: str, workspace: Workspace, repos: Sequence[Repo]) -> dict[str, list[str]]:
    """Return the stages that have this branch, and the repositories in which they have it."""
    found: dict[str, list[str]] = {}
    for repo in repos:
        for stage in workspace.stages_of(repo):
            if stage.branch == name:
                found.setdefault(stage.name, []).append(repo.name)
    return found


def _ambiguous(branch: str, found: Mapping[str, Sequence[str]]) -> UsageError:
    where = " and ".join(f"{stage} in {shortened(tuple(repos))}" for stage, repos in found.items())
    hint = f"Name the stage: {' or '.join(found)}."
    return UsageError(f"{branch} is the branch of {where}.", hint=hint, code="ambiguous_stage")
