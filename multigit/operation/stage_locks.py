"""Stage locks as refs in a remote, which exclude operations on other machines."""

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
from multigit.phrase import Phrase

if TYPE_CHECKING:
    from multigit.adapters.git.lock_refs import RemoteLocks


@dataclass(frozen=True, slots=True)
class LocksInRemotes:
    """Stage locks in the remote of the configured `repo`, empty for none."""

    repo: str
    locks_of: Callable[[str], RemoteLocks]

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan with the repository for its locks, even if the configuration changes.

        Otherwise `multigit continue` would leave a lock behind.
        """
        return replace(plan, lock_repo=plan.lock_repo or self.repo)

    def hold(self, plan: Plan, actor: Actor, hear: Hear) -> AbstractContextManager[Keep]:
        """Hold the locks of the stages that move; calling the yielded function keeps them."""
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
        return locks.hold(stages_changed(plan), holder, also=plan.undoes, report=hear)

    def release(self, plan: Plan) -> tuple[Problem, ...]:
        """Release the locks that an operation left behind; return a problem for each that stays."""
        plan = self.pinned(plan)
        if not plan.lock_repo:
            return ()
        left: list[Problem] = []
        hear = partial(self._hear, plan, left.append)
        stages = stages_changed(plan)
        try:
            self.locks_of(plan.lock_repo).release_of(stages, plan.operation, report=hear)
        except MultigitError as error:
            hear(lock_unknown(stages, error.message))
        return tuple(left)

    def _hear(self, plan: Plan, hear: Hear, problem: Problem) -> None:
        """Pass on a problem; its hint needs the configuration to name the lock repository."""
        if self.repo != plan.lock_repo and problem.code != "lock_kept":
            back = f'First put [lock] with repo = "{plan.lock_repo}" into multigit.toml again.'
            problem = replace(problem, hint=Phrase(back, " ", problem.hint))
        hear(problem)
