"""Superprojects: previewed again when the state of their submodules is known."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.linking import innermost_first, linked
from multigit.core.planning.push_request import PushRequest
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Workspace
from multigit.engine.observe.push import preview_push
from multigit.engine.ports import Git
from multigit.errors import MultigitError


def with_links(
    git: Git, request: PushRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> dict[str, Snapshot]:
    """Return the snapshots with the pointers that the push will set, innermost first.

    A superproject is previewed again, with that pointer.
    """
    found = dict(snapshots)
    for repo in innermost_first(request.repos):
        own = request.in_repo(workspace, repo)
        if isinstance(own, Problem) or not _has_submodules(before := found[repo.name]):
            continue
        snapshot = linked(request, workspace, repo, found)
        if snapshot != before:
            try:
                snapshot = preview_push(git.repository(repo), own, workspace.push, snapshot)
            except MultigitError as error:
                snapshot = Snapshot(repo.name, error=Problem.of(error))
        found[repo.name] = snapshot
    return found


def _has_submodules(snapshot: Snapshot) -> bool:
    return bool(snapshot.work and snapshot.work.submodules)
