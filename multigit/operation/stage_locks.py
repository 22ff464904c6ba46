"""The locks across machines around an operation, where the configuration names a place for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from multigit.adapters.system import clock
from multigit.core.planning.plan import Plan
from multigit.core.progress.locks import Holder, lock_unknown, stages_changed
from multigit.core.values.agreement import Actor
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError
from multigit.operation.ports import Hear, Keep

if TYPE_CHECKING:
    from multigit.adapters.git.lock_refs import RemoteLocks


@dataclass(frozen=True, slots=True)
class LocksInRemotes:
    """The locks as refs of a repository's remote: `repo` has them now, empty for no locks."""

    repo: str
    locks_of: Callable[[str], RemoteLocks]

    def pinned(self, plan: Plan) -> Plan:
        """Return a plan with the repository for its locks: for good, whatever is configured later.

        Else whoever continues it would leave the lock behind that it took when it began.
        """
        return replace(plan, lock_repo=plan.lock_repo or self.repo)

    def hold(self, plan: Plan, actor: Actor, hear: Hear) -> AbstractContextManager[Keep]:
        """Hold the lock for the stages that move; within, a call keeps it beyond its end."""
        if not plan.lock_repo:
            return nullcontext(lambda: None)
        holder = Holder(
            nonce=clock.nonce(),
            operation=plan.operation,
            command=plan.command,
            who=actor.identity,
            host=actor.host,
            pid=os.getpid(),
            since=clock.utc_now(),
            why=plan.message,
        )
        locks, hear = self.locks_of(plan.lock_repo), partial(self._hear, plan, hear)
        return locks.hold(stages_changed(plan), holder, also=plan.undoes, tell=hear)

    def give_back(self, plan: Plan) -> tuple[Problem, ...]:
        """Give back the locks that an operation left behind; return what to say of the rest."""
        plan = self.pinned(plan)
        if not plan.lock_repo:
            return ()
        left: list[Problem] = []
        hear = partial(self._hear, plan, left.append)
        stages = stages_changed(plan)
        try:
            self.locks_of(plan.lock_repo).release_of(stages, plan.operation, tell=hear)
        except MultigitError as error:
            hear(lock_unknown(stages, error.message))
        return tuple(left)

    def _hear(self, plan: Plan, hear: Hear, problem: Problem) -> None:
        """Pass on what is said of a lock; its commands need the configuration to name its place."""
        if self.repo != plan.lock_repo and problem.code != "lock_kept":
            back = f'First put [lock] with repo = "{plan.lock_repo}" into multigit.toml again.'
            problem = replace(problem, hint=f"{back} {problem.hint}")
        hear(problem)
