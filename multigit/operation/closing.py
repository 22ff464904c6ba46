"""Closing an operation: its record, then its locks, then its journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.outcome import Report
from multigit.core.records.record import Record
from multigit.core.recovery.closed import after_undo
from multigit.core.values.agreement import Agreement
from multigit.core.values.problem import Problem
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.interrupts import note_interrupts
from multigit.operation.ports import OperationJournal, Workplace


def append(place: Workplace, report: Report, agreement: Agreement | None) -> None:
    """Append a record of how an operation ended."""
    actor, now = place.actor(report.plan), place.utc_now()
    place.log.append(Record.of(report, actor, now, agreement or Agreement()))


def record_once(place: Workplace, report: Report, agreement: Agreement | None) -> None:
    """Write the operation's only record, after the record of the operation that it undid."""
    if report.plan.undoes and report.result is Result.DONE:
        _close_undone(place, report)
    if not place.log.holds(report.plan.operation):
        append(place, report, agreement)


def _close_undone(place: Workplace, undo: Report) -> None:
    """Close the unfinished operation that was undone, with a record of its own."""
    if undo.plan.undoes in place.journals.unfinished():
        journal, operation = place.journals.read_journal(undo.plan.undoes)
        record_once(place, after_undo(operation, undo), operation.agreement)
        put_away(place, operation.plan, journal)


def put_away(place: Workplace, plan: Plan, journal: OperationJournal) -> tuple[Problem, ...]:
    """Close an operation that has its record, and release the locks that it left behind.

    Returns a problem for each lock that could not be released.
    """
    left = place.locks.give_back(plan)
    journal.close()
    return left


def close(
    place: Workplace, report: Report, journal: OperationJournal, agreement: Agreement | None
) -> Report:
    """Record and close an operation that is not running; return its report."""
    interrupted = note_interrupts()
    record_once(place, report, agreement)
    left = put_away(place, report.plan, journal)
    return replace(report, problems=(*report.problems, *left), interrupted=interrupted())


def last_step(step: Callable[[], None]) -> Problem | None:
    """Take one of the last steps of an operation; return the problem if the disk is full.

    The operation then stays unfinished.
    """
    try:
        step()
    except RefusedError as error:
        return Problem(error.code, error.message, Hint.CONTINUE_WITH_ROOM)
    return None
