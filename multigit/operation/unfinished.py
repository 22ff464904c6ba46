"""The unfinished operation, as other commands report it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from multigit.adapters.files.lock import running
from multigit.core.values.problem import Problem, Severity
from multigit.errors import MultigitError, RefusedError
from multigit.hints import Hint

if TYPE_CHECKING:
    from multigit.core.records.last_deployments import LastDeployments
    from multigit.operation.session import Session


def say_unfinished(session: Session) -> dict[str, Any]:
    """Show that an operation is unfinished, above everything else.

    Returns its part of the JSON document: its id, and the repositories whose push is in flight.
    """
    found, say = session.files.unfinished(), session.screen.say
    if not found:
        return {"unfinished": None, "in_flight": []}
    if sentence := running(session.files.folder):
        say(sentence, "bold yellow")
        say("")
        return {"unfinished": found[-1], "in_flight": []}
    flights = in_flight(session, found[-1])
    say(f"Unfinished: {found[-1]}", "bold yellow")
    if flights:
        say(f"The push of {', '.join(flights)} may still succeed.")
    say(ways_out(session, found[-1]))
    say("")
    return {"unfinished": found[-1], "in_flight": flights}


def ways_out(session: Session, operation: str) -> str:
    """Return what to do about an unfinished operation."""
    from multigit.core.recovery.ways_out import ways_out as of_operation

    try:
        return of_operation(session.files.read_journal(operation)[1])
    except MultigitError as error:  # its journal has to be readable first
        return error.hint or Hint.FINISH


def refusal(session: Session, operation: str) -> RefusedError:
    """Return the error of a command that has to wait for the end of an unfinished operation."""
    message, hint = f"The operation {operation} is unfinished.", ways_out(session, operation)
    return RefusedError(message, hint=hint, code="unfinished_operation")


def in_the_way(session: Session) -> Problem | None:
    """Return a warning of what would keep a new operation from starting now, or None.

    That is a command that is running here, or else an operation that is unfinished.
    """
    if sentence := running(session.files.folder):
        return Problem("locked", sentence, severity=Severity.WARN)
    found = session.files.unfinished()
    return Problem.of(refusal(session, found[-1])).as_warning() if found else None


def in_flight(session: Session, operation: str) -> list[str]:
    """Return the repositories whose push is still in flight while no multigit waits for it."""
    from multigit.engine.pending_push import pending_pushes

    if running(session.files.folder):
        return []
    try:
        flights = session.files.read_journal(operation)[1].state.flights
    except MultigitError:  # multigit continue explains what is wrong with its journal
        return []
    return [*pending_pushes(session.git, session.workspace, flights)]


def last_deployed(session: Session) -> LastDeployments:
    """Return the last deployment of each repository to each stage, unfinished ones included."""
    from multigit.core.records.last_deployments import with_unfinished

    last = session.files.history.last_deployed()
    for name in session.files.unfinished():
        with suppress(MultigitError):  # multigit continue explains what is wrong with its journal
            _, operation = session.files.read_journal(name)
            last = with_unfinished(last, operation.plan, operation.state.deployments())
    return last
