"""The workspace lock: only one command at a time changes a workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from multigit.adapters.files import lock
from multigit.adapters.system import clock
from multigit.core.progress.holds import ends_by, reached_by
from multigit.core.progress.locks import stages_changed
from multigit.core.reports.log_report import torn
from multigit.core.values.problem import Problem, Severity
from multigit.errors import MultigitError
from multigit.operation.loading import load_ahead
from multigit.operation.unfinished import in_the_way, refusal

if TYPE_CHECKING:
    from multigit.operation.session import Session


@contextmanager
def exclusive(session: Session, command: str) -> Iterator[None]:
    """Hold the workspace lock."""
    files = session.files
    files.require_writable()
    with lock.exclusive(files.folder, _holder(command)):
        files.alone = True
        try:
            files.remove_unstarted()
            _remove_leftovers(session)
            if files.log.set_aside():
                session.screen.warn(torn(files.log.file.name, files.log.aside.name))
            yield
        finally:
            files.alone = False


def _holder(command: str) -> dict[str, str]:
    actor = clock.actor("")
    return {
        "command": command,
        "user": actor.user,
        "host": actor.host,
        "pid": str(os.getpid()),
        "since": clock.utc_now(),
    }


def _remove_leftovers(session: Session) -> None:
    """Remove what killed runs left behind: temporary folders, and exports no longer needed."""
    if not_closed := session.files.remove_leftovers():
        from multigit.adapters.command.folder import remove_unneeded_trees

        remove_unneeded_trees(session.files.operations, not_closed)


@contextmanager
def new_operation(session: Session, command: str, *, dry_run: bool) -> Iterator[None]:
    """Hold the workspace lock for a new operation; raises RefusedError while one is unfinished.

    A dry run needs no lock; at its end it warns of what would keep the operation from starting.
    """
    if dry_run:
        yield
        if other := in_the_way(session):
            session.screen.warn(_refused_now(other))
        return
    with alone(session, command):
        if found := session.files.unfinished():
            raise refusal(session, found[-1])
        yield


def _refused_now(other: Problem) -> Problem:
    """Return what is in the way of an operation as the end of its dry run."""
    if other.code == "locked":
        return other
    return replace(other, message=f"Without --dry-run, this would be refused now. {other.message}")


@contextmanager
def alone(session: Session, command: str, *, dry_run: bool = False) -> Iterator[tuple[str, ...]]:
    """Hold the workspace lock and close operations that already have their record; yield their ids.

    A dry run needs no lock, but warns while another command runs.
    """
    if dry_run:
        if sentence := lock.running(session.files.folder):
            session.screen.warn(Problem("locked", sentence, severity=Severity.WARN))
        yield ()
        return
    with exclusive(session, command):
        load_ahead(session)
        yield _close_recorded(session)


def _close_recorded(session: Session) -> tuple[str, ...]:
    """Close operations whose record was written before a crash; return their ids.

    Releases their locks, and warns of those that could not be released. What one has passed on to
    the roll-back that answers it stays: that is unfinished.
    """
    from multigit.operation.closing import release_and_close
    from multigit.operation.context import context_of

    context, recorded = context_of(session), session.files.recorded()
    passed = _passed_on(session) if recorded else {}
    for name in recorded:
        journal, operation = session.files.read_journal(name)
        plan, state, stages = operation.plan, operation.state, passed.get(name, ())
        reached, ends = reached_by(plan, state), ends_by(plan, state)
        left = release_and_close(context, plan, journal, reached, ends, passed=stages)
        for problem in left:
            session.screen.warn(problem)
    return recorded


def _passed_on(session: Session) -> Mapping[str, tuple[str, ...]]:
    """Return, by operation, the stages of the unfinished roll-back that answers it."""
    found: dict[str, tuple[str, ...]] = {}
    for name in session.files.unfinished():
        with suppress(MultigitError):  # multigit continue explains what is wrong with its journal
            plan = session.files.read_journal(name)[1].plan
            found[plan.answers] = stages_changed(plan)
    return found
