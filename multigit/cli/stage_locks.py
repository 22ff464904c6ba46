"""The locks across machines around an operation, where the configuration names a place for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from multigit.adapters import moments
from multigit.core.agreement import Actor
from multigit.core.locks import Holder, lock_unknown, stages_changed
from multigit.core.outcome import Report
from multigit.core.plan import Plan, State
from multigit.core.problem import Problem
from multigit.errors import MultigitError

if TYPE_CHECKING:
    from multigit.cli.session import Session

Keep = Callable[[], None]


def locked(
    session: Session, plan: Plan, actor: Actor, tell: Callable[[Problem], None]
) -> AbstractContextManager[Keep]:
    """Return the lock for the stages that move; within, a call keeps it beyond its end."""
    if not session.workspace.lock_repo:
        return nullcontext(lambda: None)
    holder = Holder(
        nonce=moments.nonce(),
        operation=plan.operation,
        command=plan.command,
        who=actor.identity,
        host=actor.host,
        pid=os.getpid(),
        since=moments.utc_now(),
        why=plan.message,
    )
    locks = session.locks()
    return locks.hold(stages_changed(plan), holder, also=plan.undoes, tell=tell)


def kept_in_doubt(
    execute: Callable[[], Report], keep: Keep, session: Session, plan: Plan
) -> Report:
    """Execute a plan; its lock is kept where a push of it may still arrive.

    The operation is not finished then, and whatever ends it gives the lock back.
    """
    try:
        report = execute()
    except BaseException:  # such as Ctrl-C
        if _any_in_flight(session, plan.operation):
            keep()
        raise
    if report.count(State.UNKNOWN):
        keep()
    return report


def _any_in_flight(session: Session, operation: str) -> bool:
    try:
        return bool(session.files.read_journal(operation)[1].flights)
    except MultigitError:  # nobody knows
        return True


def give_back(session: Session, plan: Plan) -> tuple[Problem, ...]:
    """Give back the locks that an operation left behind; return what is to be said of the rest."""
    if not session.workspace.lock_repo:
        return ()
    left: list[Problem] = []
    stages = stages_changed(plan)
    try:
        session.locks().release_of(stages, plan.operation, tell=left.append)
    except MultigitError as error:
        left.append(lock_unknown(stages, error.message))
    return tuple(left)
