"""Superprojects whose submodules are published by the same push: what their pointers will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from multigit.core.planning.plan import State
from multigit.core.planning.push import plan_repository, push_steps
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.steps import CommitStep
from multigit.core.planning.submodules import pointer_changes
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Change
from multigit.core.values.workspace import Repo, Workspace


@dataclass(frozen=True, slots=True)
class PublishedTip:
    """The branch of a submodule that a push moves, and its commit: empty until that is made."""

    ref: str
    sha: str


def innermost_first(repos: tuple[Repo, ...]) -> tuple[Repo, ...]:
    """Return the repositories sorted so that each comes after those inside it."""
    return tuple(sorted(repos, key=lambda repo: repo.path == "." or -repo.path.count("/")))


def linked(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshots: Mapping[str, Snapshot]
) -> Snapshot:
    """Return the snapshot of a superproject with its pointers as the push will set them.

    The repositories inside it must already be linked.
    """
    seen, own = snapshots[repo.name], request.in_repo(workspace, repo)
    if isinstance(own, Problem) or not seen.work or seen.work.branch != own.stage.branch:
        return seen
    nested = workspace.nested_in(repo)
    changes = {change.path: change for change in pointer_changes(seen.work)}
    follows = []
    for each in seen.work.submodules:
        inner = nested.get(each.path)
        if not inner or inner.name not in snapshots:
            continue
        tip = published_tip(request, workspace, inner, snapshots[inner.name])
        if tip is None:
            continue
        follows.append(inner.name)
        if tip.sha != each.recorded:
            changes[each.path] = Change(
                each.path,
                "modified",
                before=each.recorded,
                commit=tip.sha,
                follows=inner.name,
                ref=tip.ref,
            )
    work = replace(seen.work, changes=tuple(changes.values()))
    return replace(seen, work=work, follows=tuple(follows))


def published_tip(
    request: PushRequest, workspace: Workspace, repo: Repo, seen: Snapshot
) -> PublishedTip | None:
    """Return what a push publishes of the commit that is checked out; None if it publishes none."""
    own = request.in_repo(workspace, repo)
    if isinstance(own, Problem):
        return None
    steps = push_steps(own, workspace.push, seen)
    if not steps or not seen.work or seen.work.branch != own.stage.branch:
        return None
    if plan_repository(own, workspace, repo, seen, "").state is State.SKIPPED:
        return None
    last = steps[-1]
    return PublishedTip(last.ref, last.commit if isinstance(last, CommitStep) else seen.work.head)
