"""The locks across machines around an operation, where the configuration names a place for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from multigit.adapters.system import clock as moments
from multigit.core.planning.plan import Plan, State
from multigit.core.progress.locks import Holder, lock_unknown, stages_changed
from multigit.core.progress.outcome import Report
from multigit.core.values.agreement import Actor
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError

if TYPE_CHECKING:
    from multigit.adapters.files.folder import WorkspaceFiles
    from multigit.adapters.git.lock_refs import RemoteLocks
    from multigit.core.values.workspace import Workspace

Keep = Callable[[], None]


class Place(Protocol):
    """Where an operation runs: what it is configured to lock, its journals, and the locks."""

    @property
    def workspace(self) -> Workspace:
        """Return the configuration."""

    @property
    def files(self) -> WorkspaceFiles:
        """Return the workspace's own folder."""

    def locks(self, name: str = "") -> RemoteLocks:
        """Return the locks in a repository's remote."""


def locked(
    place: Place, plan: Plan, actor: Actor, tell: Callable[[Problem], None]
) -> AbstractContextManager[Keep]:
    """Return the lock for the stages that move; within, a call keeps it beyond its end."""
    if not plan.lock_repo:
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
    locks = place.locks(plan.lock_repo)
    told = partial(_told, place, plan, tell)
    return locks.hold(stages_changed(plan), holder, also=plan.undoes, tell=told)


def with_lock_repo(place: Place, plan: Plan) -> Plan:
    """Return a plan with the repository for its locks: for good, whatever is configured later.

    Else whoever continues it would leave the lock behind that it took when it began.
    """
    return replace(plan, lock_repo=plan.lock_repo or place.workspace.lock_repo)


def _told(place: Place, plan: Plan, tell: Callable[[Problem], None], problem: Problem) -> None:
    """Tell of a lock; its commands need the configuration to name the repository that has it."""
    if place.workspace.lock_repo != plan.lock_repo and problem.code != "lock_kept":
        back = f'First put [lock] with repo = "{plan.lock_repo}" into multigit.toml again.'
        problem = replace(problem, hint=f"{back} {problem.hint}")
    tell(problem)


def kept_in_doubt(execute: Callable[[], Report], keep: Keep, place: Place, plan: Plan) -> Report:
    """Execute a plan; its lock is kept where a push of it may still arrive.

    The operation is not finished then, and whatever ends it gives the lock back.
    """
    try:
        report = execute()
    except BaseException:  # such as Ctrl-C
        if _any_in_flight(place, plan.operation):
            keep()
        raise
    if report.count(State.UNKNOWN):
        keep()
    return report


def _any_in_flight(place: Place, operation: str) -> bool:
    try:
        return bool(place.files.read_journal(operation)[1].flights)
    except MultigitError:  # nobody knows
        return True


def give_back(place: Place, plan: Plan) -> tuple[Problem, ...]:
    """Give back the locks that an operation left behind; return what is to be said of the rest."""
    plan = with_lock_repo(place, plan)
    if not plan.lock_repo:
        return ()
    left: list[Problem] = []
    told = partial(_told, place, plan, left.append)
    stages = stages_changed(plan)
    try:
        place.locks(plan.lock_repo).release_of(stages, plan.operation, tell=told)
    except MultigitError as error:
        told(lock_unknown(stages, error.message))
    return tuple(left)
