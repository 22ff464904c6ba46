"""The operation that someone named: its journal, or what became of it without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multigit.core.planning.plan import Result
from multigit.errors import UsageError

if TYPE_CHECKING:
    from multigit.adapters.files.journal import Journal
    from multigit.core.progress.journal import Operation
    from multigit.core.records.record import Record
    from multigit.operation.session import Session


def read_named(session: Session, operation: str, typed: str) -> tuple[Journal, Operation]:
    """Return the journal of an operation, for which a person has `typed` its id or release.

    Raises UsageError if there is none, with what the log knows of it.
    """
    try:
        return session.files.read_journal(operation)
    except UsageError as error:
        record = session.files.history.find(lambda _: True, operation)
        if record is None:
            raise
        message = _without_journal(session, record, typed)
        raise UsageError(message, hint=error.hint, code=error.code) from error


def _without_journal(session: Session, record: Record, typed: str) -> str:
    if record.result in {Result.CANCELLED, Result.BLOCKED}:
        return f"{typed} was {record.result} before it began, so it changed nothing."
    if record.watches or record.reviews:
        verb = "watched" if record.watches else "reviewed"
        return f"{typed} only {verb} deployments of {record.watches or record.reviews}."
    if session.files.knows(record.operation):
        return f"The release {typed} deployed nothing."
    return f"The journal of {typed} is not in this workspace."
