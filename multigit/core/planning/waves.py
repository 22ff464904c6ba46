"""Waves: the order in which repositories are published and deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.plan import RepoPlan, stopped
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Workspace


def waves(after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the wave of each name, from 0: one later than the latest that it waits for.

    Raises ValueError with the cycle if names wait for each other.
    """
    found: dict[str, int] = {}

    def wave(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise ValueError(" → ".join((*path[path.index(name) :], name)))
        if name not in found:
            before = [wave(other, (*path, name)) for other in after[name]]
            found[name] = max(before, default=-1) + 1
        return found[name]

    for name in after:
        wave(name, ())
    return found


def everything_before(name: str, after: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return all that a name waits for, directly or through others; there must be no cycle."""
    found: dict[str, None] = {}
    for other in after[name]:
        found |= dict.fromkeys((*everything_before(other, after), other))
    return tuple(found)


def in_order(
    repos: tuple[RepoPlan, ...], workspace: Workspace, *, skip_blocked: bool
) -> tuple[RepoPlan, ...]:
    """Return the plans with waves in which superprojects also come after their submodules."""
    if not any(repo.follows for repo in repos):
        return repos
    names = {repo.repo for repo in repos}
    after = {
        repo.repo: (*repo.follows, *names.intersection(workspace.repo(repo.repo).after))
        for repo in repos
    }
    try:
        wave = waves(after)
    except ValueError as cycle:
        problem = Problem(
            "submodule_order",
            f"is published after submodules, but `after` says otherwise: {cycle}.",
            "Remove it from `after` in multigit.toml.",
        )
        return tuple(
            stopped(replace(repo, problems=(*repo.problems, problem)), skip_blocked=skip_blocked)
            if repo.follows
            else repo
            for repo in repos
        )
    return tuple(replace(repo, wave=wave[repo.repo]) for repo in repos)
