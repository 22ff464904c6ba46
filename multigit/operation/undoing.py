"""Undoing what an operation published."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Result
from multigit.core.progress.journal import Operation
from multigit.core.records.record import Record
from multigit.core.recovery.undo import already_undone, cannot_be_undone, release_before, undone
from multigit.core.recovery.ways_out import only_to_close
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.exclusive import alone
from multigit.operation.named import read_named
from multigit.operation.recovery import ask_remotes, close_as_it_stands
from multigit.operation.run import Ended, OperationRun
from multigit.operation.unfinished import refusal

if TYPE_CHECKING:
    from multigit.adapters.files.journal import Journal
    from multigit.operation.session import Session


def undo(session: Session, name: str | None, consent: Consent) -> Ended:
    """Undo what an operation published, where no one has built on it."""
    with alone(session, "undo", dry_run=consent.dry_run):
        journal, operation = _to_undo(session, name)
        is_open = operation.id in session.files.unfinished()
        flights, wait = operation.state.flights, not consent.dry_run
        remotes = ask_remotes(session, journal, operation, onward=True, flights=flights, wait=wait)
        space, history = session.workspace, session.files.history
        marks = session.shared(fetch=False).marked()
        plan = undone(
            operation, remotes, space, session.start_time, history, is_open=is_open, marks=marks
        )
        run = OperationRun(context_of(session), plan, consent)
        before = partial(release_before, operation, space, history, marks=marks)
        if problem := cannot_be_undone(plan, before, is_open=is_open):
            return run.refuse(problem)
        if plan.result is not Result.NOTHING:
            return run.carry_out()
        if not is_open:
            return run.leave(already_undone(plan.undoes, history))
        if consent.dry_run:
            return run.leave(only_to_close(plan.undoes))
        return close_as_it_stands(session, journal, operation, remotes, "undone")


def _to_undo(session: Session, name: str | None) -> tuple[Journal, Operation]:
    """Return the operation to undo: the named one, the unfinished one, or the last to publish.

    An operation that was undone while unfinished also counts as the last: typing undo twice never
    undoes an earlier release.
    """
    unfinished = session.files.unfinished()
    if unfinished and name not in {None, unfinished[-1]}:
        raise refusal(session, unfinished[-1])
    if name is None and unfinished:
        name = unfinished[-1]
    typed, name = name, _of_release(session, name) if name else _last_published(session)
    if name is None:
        raise RefusedError(
            "No operation has published anything.", hint=Hint.LOG, code="nothing_to_undo"
        )
    journal, operation = read_named(session, name, typed or name)
    if operation.plan.undoes:
        raise RefusedError(
            f"{name} is itself an undo.",
            hint=Hint.FINISH if name in unfinished else "To publish it again, promote again.",
            code="undo_of_undo",
        )
    return journal, operation


def _last_published(session: Session) -> str | None:
    found = session.files.history.find(lambda each: each.maybe_published() or each.was_undone())
    return found.operation if found else None


def _of_release(session: Session, name: str) -> str:
    """Return the operation of a release, preferably one that published it, or the name itself.

    An operation that was undone while unfinished published nothing, and was already undone.
    """
    history = session.files.history
    left = history.find(lambda each: each.publishes() and each.maybe_published(), name)
    found = left or history.find(Record.publishes, name)
    return found.operation if found else name
