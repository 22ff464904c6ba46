"""Closing an operation: its record, then its locks, then its journal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.holds import ends_by, ends_in, hold_changes, reached_by, reached_in
from multigit.core.progress.outcome import Report
from multigit.core.records.record import Record
from multigit.core.recovery.closed import after_undo
from multigit.core.values.agreement import Agreement
from multigit.core.values.hold import NOTHING_ENDED, Ends
from multigit.core.values.problem import Problem
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.interrupts import note_interrupts
from multigit.operation.ports import OperationContext, OperationJournal


def append(context: OperationContext, report: Report, agreement: Agreement | None) -> None:
    """Append a record of how an operation ended."""
    actor, now = context.actor(report.plan), context.utc_now()
    context.log.append(Record.of(report, actor, now, agreement or Agreement()))


def record_once(context: OperationContext, report: Report, agreement: Agreement | None) -> None:
    """Write the operation's only record, after the record of the operation that it undid."""
    if report.plan.undoes and report.result is Result.DONE:
        _close_undone(context, report)
    if not context.log.holds(report.plan.operation):
        append(context, report, agreement)


def _close_undone(context: OperationContext, undo: Report) -> None:
    """Close the unfinished operation that was undone, with a record of its own."""
    if undo.plan.undoes in context.journals.unfinished():
        journal, operation = context.journals.read_journal(undo.plan.undoes)
        record_once(context, after_undo(operation, undo), operation.agreement)
        plan, state = operation.plan, operation.state
        reached, ends = reached_by(plan, state), ends_by(plan, state)
        release_and_close(context, plan, journal, reached, ends)


def release_and_close(
    context: OperationContext,
    plan: Plan,
    journal: OperationJournal,
    reached: Collection[str],
    ends: Ends = NOTHING_ENDED,
    *,
    passed: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Close an operation that has its record, and release the locks that it left behind.

    Of holds that it changes, what it has `reached` decides; its own says how its deployments
    have ended, as far as that is known. The locks of the stages that it has
    `passed` on belong to another operation. Returns a problem for each lock that could not be
    released.
    """
    left = context.locks.release(plan, hold_changes(plan, reached, ends), ends, passed=passed)
    journal.close()
    return left


def close(
    context: OperationContext,
    report: Report,
    journal: OperationJournal,
    agreement: Agreement | None,
) -> Report:
    """Record and close an operation that is not running; return its report."""
    interrupted = note_interrupts()
    record_once(context, report, agreement)
    left = release_and_close(context, report.plan, journal, reached_in(report), ends_in(report))
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
