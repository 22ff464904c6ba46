"""The state of all repositories, read from the remotes and the log."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.core.reports.status import StatusRow, status_rows
from multigit.core.values.workspace import Repo
from multigit.engine.observe.status import StatusObservation
from multigit.operation.session import Session
from multigit.operation.unfinished import last_deployed


def read_status(session: Session, repos: tuple[Repo, ...], *, fetch: bool) -> Sequence[StatusRow]:
    """Return a row for each repository; without `fetch` as of the last one."""
    space = session.workspace

    def observation_of(repo: Repo) -> StatusObservation:
        seen = space.seen_by(repo)
        return StatusObservation(seen.stages, seen.pairs(), fetch=fetch)

    seen = session.observe(repos, observation_of, doing="fetching" if fetch else "reading")
    return status_rows(space, repos, seen, last_deployed(session))
