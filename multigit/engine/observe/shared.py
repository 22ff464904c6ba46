"""Reading what all machines share, after the fetch of the repository that has it."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.progress.shared import Shared, shared_in
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Git, Repository
from multigit.engine.retry import with_retry
from multigit.errors import GitError


def read_shared(git: Git, repo: Repo, fleet: Fleet, *, fetch: bool) -> Shared:
    """Return what the remote of a repository shares with all machines.

    If this command has not fetched the repository yet, `fetch` brings it; without it, it is read as
    of the last time. If the remote cannot be read, the result says so, and is as of the last time.
    """
    repository = git.repository(repo)
    stale = repository.shared_error
    if fetch and not repository.shared_fetched and not stale:
        fetched = fleet.for_each({repo.name: repository}, _fetch, phase="Reading", doing="fetching")
        stale = fetched.errors.get(repo.name)
    try:
        shared = shared_in(repository.shared_refs())
    except GitError as error:  # there is no clone
        return Shared(stale=Problem.of(stale or error))
    return replace(shared, stale=Problem.of(stale) if stale else None)


def _fetch(repository: Repository, show: ShowActivity) -> None:
    with_retry(repository.fetch_shared, show=show)
