"""The web pages of runs, and of what waits between two stages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from multigit.adapters.github.slug import api_address, checked_slug, comparison, slug_from, web_host
from multigit.core.progress.deployments import recorded_specs
from multigit.errors import MultigitError, RefusedError
from multigit.hints import Hint
from multigit.operation.watching import read_deploying

if TYPE_CHECKING:
    from multigit.core.reports.status import StatusRow
    from multigit.core.values.workspace import Repo
    from multigit.operation.session import Session


def run_pages(session: Session, name: str | None) -> tuple[str, ...]:
    """Return the pages of the runs that an operation started; the default is the last one."""
    _, operation = read_deploying(session, name)
    pages = (known.url for _, known in recorded_specs(operation))
    found = tuple(dict.fromkeys(filter(None, pages)))
    if not found:
        message = f"No run of {operation.id} has a page."
        raise RefusedError(message, hint=Hint.LOG, code="no_page")
    return found


def comparison_pages(session: Session, rows: Sequence[StatusRow]) -> tuple[str, ...]:
    """Return a page for each two stages between which something waits, at GitHub.

    Without any it is an error only if all repositories were read.
    """
    found = tuple(page for row in rows for page in _comparisons(session, row))
    if not found and not any(row.problems for row in rows):
        message = "Nothing waits in a repository at GitHub, so there is nothing to compare."
        raise RefusedError(message, hint=Hint.STATUS_ELSEWHERE, code="no_page")
    return found


def _comparisons(session: Session, row: StatusRow) -> Iterator[str]:
    repo = session.workspace.repo(row.repo)
    configured = session.workspace.github_api or os.environ.get("GITHUB_API_URL", "")
    host = web_host(api_address(configured))
    with suppress(MultigitError):  # it is elsewhere
        slug = checked_slug(repo.slug) if repo.slug else _slug_of(session, repo, host)
        for pair in row.pairs:
            if pair.state in {"waiting", "conflict", "reverted"}:
                base, head = row.branches[pair.target], row.branches[pair.source]
                yield comparison(host, slug, base=base, head=head)


def _slug_of(session: Session, repo: Repo, host: str) -> str:
    return slug_from(session.git.repository(repo).remote_urls(), host)
