"""Submodules in a push: which pointers move, and the problems of those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote

from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.text import pathspec, plural
from multigit.core.values.work_tree import Change, Submodule, WorkTree
from multigit.core.values.workspace import Repo, Stage
from multigit.hints import Hint


def pointer_changes(work: WorkTree) -> tuple[Change, ...]:
    """Return the changes without the pointers that would move back."""
    behind = {each.path for each in work.submodules if each.behind}
    return tuple(change for change in work.changes if change.path not in behind)


def submodule_problems(
    repo: Repo,
    snapshot: Snapshot,
    stage: Stage,
    nested: Mapping[str, Repo],
    *,
    publishes: bool,
) -> Iterator[Problem]:
    """Report pointers to unpublished or older commits, and uncommitted changes in submodules.

    `nested` are the workspace's repositories inside this one, by path; `publishes` is True if
    anything of the repository is pushed.
    """
    work = snapshot.work
    here = work and work.branch == stage.branch
    moving = {each.path for each in snapshot.outgoing if each.pointer}
    for each in snapshot.pointers:
        if each.error and each.path in moving:
            yield unreadable(repo, each, each.error)
        elif not each.on_remote:
            yield unpublished(repo, each)
    moving |= {change.path for change in work.changes} if work and here else set()
    for each in work.submodules if work and here else ():
        inner = nested.get(each.path)
        if inner and inner.name in snapshot.follows:
            continue
        if each.error and each.path in moving:
            yield unreadable(repo, each, each.error)
        if each.behind:
            yield left_behind(repo, each, stage, inner)
        if not each.on_remote and publishes:
            yield unpublished(repo, each)
        if each.changed_files:
            yield dirty(repo, each)


def left_behind(repo: Repo, each: Submodule, stage: Stage, inner: Repo | None) -> Problem:
    """Return the problem of a submodule that is behind its pointer."""
    hint = Hint.UPDATE_SUBMODULE.format(path=repo.typed(), submodule=pathspec(each.path))
    if inner and inner.has(stage):  # git submodule update would detach its HEAD
        hint = Hint.PULL_SUBMODULE.format(stage=stage.name, repo=quote(inner.name))
    return Problem(
        "submodule_behind",
        f"the submodule {each.path} is at {each.now[:7]}, which lacks commits of "
        f"{each.recorded[:7]}, so its pointer stays as it is.",
        hint,
        Severity.WARN,
        files=(each.path,),
    )


def unreadable(repo: Repo, each: Submodule, error: Problem) -> Problem:
    """Return the problem of a pointer that moves in a submodule that cannot be read."""
    hint = error.hint or Hint.SEE_STATUS.format(path=repo.typed(each.path))
    if error.code == "not_a_repository":
        hint = f"Move {repo.typed(each.path)} away, and clone it again."
    return Problem(
        "submodule_unreadable",
        f"the submodule {each.path} cannot be read, so it is unknown whether its remote has the "
        f"commit that its pointer moves to: {error.message}",
        hint,
        files=(each.path,),
    )


def unpublished(repo: Repo, each: Submodule) -> Problem:
    """Return the problem of a pointer to a commit that no one else can fetch."""
    hint, commit = "Push it there first.", each.goes_out[:7]
    if each.goes_out != each.now:
        hint = f"Push {commit} there first."
    elif not each.branch:
        hint = "It is not on a branch there: put it on one, and push that first."
    elif each.remote:
        hint = Hint.PUSH_SUBMODULE.format(
            path=repo.typed(each.path), remote=each.remote, branch=each.branch
        )
    message = f"the submodule {each.path} is at {commit}, which may not be on its remote."
    return Problem("submodule_unpublished", message, hint, files=(each.path,))


def dirty(repo: Repo, each: Submodule) -> Problem:
    """Return the problem of a submodule with uncommitted changes."""
    files = plural(each.changed_files, "uncommitted file")
    return Problem(
        "submodule_dirty",
        f"the submodule {each.path} has {files}, not included here.",
        Hint.COMMIT_SUBMODULE.format(path=repo.typed(each.path)),
        Severity.WARN,
        files=(each.path,),
    )
