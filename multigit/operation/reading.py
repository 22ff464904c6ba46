"""Reading the deployment log, and checking it against the deploy tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.tag_anchors import TagAnchor, TagComparison, compare_with_tags
from multigit.core.reports.log_report import LogReport
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Stage
from multigit.engine.tag_anchors import CollectedAnchors, collect
from multigit.errors import RefusedError
from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which records to show, the newest `limit` (0: all) of a stage, and whether to check the log.

    `verify` checks the file, `remote` also against the deploy tags on the remotes.
    """

    stage: Stage | None
    limit: int
    verify: bool
    remote: bool


def read_log(session: Session, request: LogRequest) -> LogReport:
    """Return the records to show, and what checking the log found."""
    files, space = session.files, session.workspace
    verified = files.log.verify() if request.verify else None
    tags = _ask_tags(session) if request.remote else None
    compared = None
    if tags and isinstance(verified, Head):
        compared = _compare(session, tags.found, silent=tags.silent)
        verified = compared.bad or verified
    stage = request.stage.name if request.stage else None
    lower = {each.name: [s.name for s in space.chain_down(each)[1:]] for each in space.stages}
    records, hidden = files.history.last(request.limit, stage, lower)
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


def _ask_tags(session: Session) -> CollectedAnchors:
    space = session.workspace
    with session.fleet() as fleet:
        return collect(session.git, space.repos, space.stages, fleet)
