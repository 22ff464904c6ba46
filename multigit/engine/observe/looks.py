"""A look at every repository at once: its remote first, then what is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial

from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import Tell
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Git, Repository
from multigit.engine.retry import patiently
from multigit.engine.sweep import Rest
from multigit.errors import GitError


class Look(ABC):
    """What a command looks at in a repository. Both steps may raise MultigitError."""

    @property
    @abstractmethod
    def query(self) -> RefQuery:
        """The branches and tags that are fetched and read."""

    def reach(self, name: str, repository: Repository, tell: Tell) -> Snapshot:
        """Bring what is here up to date with the remote; return what is known by that."""
        fetch(repository, self.query, tell)
        return Snapshot(name)

    @abstractmethod
    def read(self, repository: Repository, seen: Snapshot, tell: Tell) -> Snapshot:
        """Return the snapshot with what there is to see here, most of it without the remote."""


def observe(
    git: Git,
    repos: Sequence[Repo],
    look: Look,
    fleet: Fleet,
    *,
    doing: str = "fetching",
) -> Mapping[str, Snapshot]:
    """Look at every repository at once; one that cannot be read becomes a snapshot with `error`.

    `doing` is what the listener hears that each look begins with. Raises KeyboardInterrupt when the
    user interrupts, since nothing has happened yet.
    """

    def look_at(repo: Repo, tell: Tell) -> Snapshot | Rest[Snapshot]:
        repository = git.repository(repo)
        seen = look.reach(repo.name, repository, tell)
        return Rest(partial(look.read, repository, seen, tell))

    seen = fleet.for_each(
        {repo.name: repo for repo in repos},
        look_at,
        phase="Reading",
        doing=doing,
    )
    return seen.completed(lambda name, error: Snapshot(name, error=Problem.of(error)))


def fetch(repository: Repository, query: RefQuery, tell: Tell) -> None:
    """Fetch, and try again when the network fails."""
    patiently(lambda: repository.fetch(query), tell=tell)


def try_to_fetch(repository: Repository, query: RefQuery, tell: Tell) -> Problem | None:
    """Fetch, or return why that failed: what was fetched last can still be shown."""
    try:
        fetch(repository, query, tell)
    except GitError as error:
        if error.code in {"missing", "not_a_repository", "foreign_owner"}:
            raise
        return Problem.of(error)
    return None
