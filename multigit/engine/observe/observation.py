"""Observe every repository in parallel: its remote first, then what is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import tag_glob
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Git, Repository
from multigit.engine.retry import with_retry
from multigit.engine.run_all import AfterRemote
from multigit.errors import GitError


class Observation(ABC):
    """What a command reads in a repository. Both steps may raise MultigitError."""

    @property
    @abstractmethod
    def query(self) -> RefQuery:
        """The branches and tags that are fetched and read."""

    def of(self, _: Repo) -> Observation:
        """Return itself, to observe any repository with it."""
        return self

    def reach(self, name: str, repository: Repository, show: ShowActivity) -> Snapshot:
        """Fetch from the remote; return what is known after that."""
        fetch(repository, self.query, show)
        return Snapshot(name)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Return the snapshot with what is read, mostly without the remote; by default the refs."""
        del show
        return replace(snapshot, refs=repository.refs(self.query))


def observe(
    git: Git,
    repos: Sequence[Repo],
    observation_of: Callable[[Repo], Observation],
    fleet: Fleet,
    *,
    doing: str = "fetching",
) -> Mapping[str, Snapshot]:
    """Observe all repositories in parallel; one that cannot be read is a snapshot with `error`.

    `doing` is what the listener shows first. Raises KeyboardInterrupt when the
    user interrupts, since nothing has happened yet.
    """

    def observe_repo(repo: Repo, show: ShowActivity) -> Snapshot | AfterRemote[Snapshot]:
        repository, observation = git.repository(repo), observation_of(repo)
        snapshot = observation.reach(repo.name, repository, show)
        return AfterRemote(partial(observation.read, repository, snapshot, show))

    items = {repo.name: repo for repo in repos}
    results = fleet.for_each(items, observe_repo, phase="Reading", doing=doing)
    return results.completed(lambda name, error: Snapshot(name, error=Problem.of(error)))


def of_stages(stages: Sequence[Stage]) -> RefQuery:
    """Return the query for the branches and deploy tags of these stages."""
    return RefQuery(
        branches=tuple(stage.branch for stage in stages),
        tags=tuple(tag_glob(stage.tag) for stage in stages if stage.tag),
    )


def fetch(repository: Repository, query: RefQuery, show: ShowActivity) -> None:
    """Fetch, and try again when the network fails."""
    with_retry(lambda: repository.fetch(query), show=show)


def try_to_fetch(repository: Repository, query: RefQuery, show: ShowActivity) -> Problem | None:
    """Fetch, or return why that failed: what was fetched last can still be shown."""
    try:
        fetch(repository, query, show)
    except GitError as error:
        if error.code in {"missing", "not_a_repository", "foreign_owner"}:
            raise
        return Problem.of(error)
    return None
