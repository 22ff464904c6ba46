"""Reading the deployment log, and checking it against the deploy tags."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.tag_anchors import TagAnchor, TagComparison, compare_with_tags
from multigit.core.reports.log_report import LogReport
from multigit.core.values.problem import Problem
from multigit.engine.tag_anchors import collect
from multigit.errors import RefusedError
from multigit.operation.session import Session


def read_log(
    session: Session, stage: str | None, limit: int, *, verify: bool = False, remote: bool = False
) -> LogReport:
    """Return the newest `limit` records (0: all) of a stage, and what checking the log found.

    `verify` checks the file; `remote` also compares it with the deploy tags on the remotes.
    """
    files, space = session.files, session.workspace
    verified = files.log.verify() if verify or remote else None
    tags, compared = None, None
    if remote:
        with session.fleet() as fleet:
            tags = collect(session.git, space.repos, space.stages, fleet)
    if tags and isinstance(verified, Head):
        compared = _compare(session, tags.found, silent=tags.silent)
        verified = compared.bad or verified
    lower = {each.name: [s.name for s in space.chain_down(each)[1:]] for each in space.stages}
    records, hidden = files.history.last(limit, stage, lower)
    unread = tags.unread if tags else {}
    return LogReport(records, verified, compared, unread, hidden)


def verify_log(session: Session, anchors: Sequence[TagAnchor]) -> BadLine | Head | Problem:
    """Verify the log, also against fetched deploy tags; return a Problem if it cannot be read."""
    try:
        found = session.files.log.verify()
        if isinstance(found, Head):
            return _compare(session, anchors).bad or found
    except RefusedError as error:
        return Problem.of(error)
    return found


def _compare(session: Session, anchors: Sequence[TagAnchor], *, silent: int = 0) -> TagComparison:
    files = session.files
    return compare_with_tags(
        files.log.lines(),
        anchors,
        ran=files.ran(),
        unrecorded=files.unrecorded(),
        silent=silent,
    )
