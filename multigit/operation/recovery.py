"""The unfinished operation: its state on the remotes, and closing it as is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.landings import landed
from multigit.core.progress.remote_state import RemoteState
from multigit.core.recovery.closed import closed_report
from multigit.core.reports.news import is_news
from multigit.core.values.flight import Flight
from multigit.core.values.workspace import Event
from multigit.engine.remote_state import read_remote_states
from multigit.errors import RefusedError
from multigit.hints import Hint
from multigit.operation.closing import close
from multigit.operation.context import context_of
from multigit.operation.exclusive import alone
from multigit.operation.run import Closed, Ended

if TYPE_CHECKING:
    from multigit.adapters.files.journal import Journal
    from multigit.operation.session import Session


def unfinished(session: Session) -> tuple[Journal, Operation]:
    """Return the unfinished operation; raises RefusedError if there is none."""
    if found := session.files.unfinished():
        return session.files.read_journal(found[-1])
    raise RefusedError(
        "There is no unfinished operation.", hint=Hint.LOG, code="nothing_unfinished"
    )


def ask_remotes(
    session: Session,
    journal: Journal,
    operation: Operation,
    *,
    onward: bool = False,
    flights: Mapping[str, Flight] | None = None,
    wait: bool = True,
) -> Mapping[str, RemoteState]:
    """Read the state of the operation from the remotes.

    What one of the `flights` may still change is unknown; `wait` waits for its end first, and
    journals the pushes that have reached their remote. A command that pushes everything again
    passes no flights.
    """
    with session.fleet() as fleet:
        remotes = read_remote_states(
            session.git,
            session.workspace,
            operation,
            fleet,
            onward=onward,
            flights=flights,
            wait=wait,
        )
    for repo in landed(operation, remotes) if wait else ():
        journal.write(Entry(EntryKind.SETTLED, repos=(repo,), state=State.PUBLISHED))
    return remotes


def close_as_it_stands(
    session: Session,
    journal: Journal,
    operation: Operation,
    remotes: Mapping[str, RemoteState],
    how: str,
) -> Ended:
    """Record the state of an unfinished operation, close it, and send notifications."""
    context, report = context_of(session), closed_report(operation, remotes, how)
    if is_news(operation.plan):
        context.notifications.count(report, operation.before, journal)
    report = close(context, report, journal, operation.agreement)
    if is_news(operation.plan):
        with suppress(KeyboardInterrupt):  # it is over, with or without notifications
            context.notifications.announce(report, Event.FAILED)
    return Ended(report)


def abandon(session: Session) -> Ended | Closed:
    """Close the unfinished operation as is."""
    with alone(session, "abandon") as over:
        if over and not session.files.unfinished():
            return Closed("abandon", over[-1])
        journal, operation = unfinished(session)
        remotes = ask_remotes(session, journal, operation, flights=operation.state.flights)
        return close_as_it_stands(session, journal, operation, remotes, "abandoned")
