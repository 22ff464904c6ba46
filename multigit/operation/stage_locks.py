"""Stage locks as refs in a remote, which exclude operations on other machines, and holds in them.

Without such a remote there are no stage locks, and holds are files in the workspace.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from multigit.adapters.files.holds import HeldHere, HoldFiles, change_holds
from multigit.adapters.system import clock
from multigit.core.planning.plan import Plan
from multigit.core.progress.locks import Holder, lock_unknown, stages_changed
from multigit.core.progress.refusals import hold_changed, refusal
from multigit.core.progress.shared import local_holds
from multigit.core.values.agreement import Actor
from multigit.core.values.hold import NOTHING_ENDED, Ends, Hold
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError
from multigit.operation.ports import NOTHING_CHANGES, Hear, TakenLocks
from multigit.phrase import Phrase

if TYPE_CHECKING:
    from multigit.adapters.git.shared.locks import RemoteLocks


@dataclass(frozen=True, slots=True)
class _Both:
    """The locks in a remote; what they hold or release, this workspace need not hold any more."""

    refs: TakenLocks
    here: HeldHere

    def keep(self) -> None:
        """Keep the locks, and the holds as they are."""
        self.refs.keep()
        self.here.keep()

    def pass_on(self, stages: Collection[str]) -> None:
        """Leave the locks of these stages, and their holds, to the operation that follows."""
        self.refs.pass_on(stages)
        self.here.pass_on(stages)

    def hold(self, stage: str, hold: Hold) -> None:
        """Hold a stage in the remote."""
        self.refs.hold(stage, hold)
        self.here.release_hold(stage)

    def release_hold(self, stage: str, rest: Hold | None = None) -> None:
        """Keep only the rest of a hold, in the remote."""
        self.refs.release_hold(stage, rest)
        self.here.release_hold(stage)


@dataclass(frozen=True, slots=True)
class LocksInRemotes:
    """Stage locks in the remote of the configured `repo`; if that is empty, holds in `files`."""

    repo: str
    locks_of: Callable[[str], RemoteLocks]
    files: HoldFiles

    def pinned(self, plan: Plan) -> Plan:
        """Return the plan with the repository for its locks, even if the configuration changes.

        Otherwise `multigit continue` would leave a lock behind.
        """
        return replace(plan, lock_repo=plan.lock_repo or self.repo)

    @contextmanager
    def hold(
        self, plan: Plan, actor: Actor, hear: Hear, ahead: Hold | None = None
    ) -> Iterator[TakenLocks]:
        """Hold the locks of the stages that move, and yield them.

        The hold `ahead` comes with them in one push; in the workspace, it is a file of its own.
        """
        if not plan.lock_repo:
            yield from self._here(plan, hear)
            return
        holder = Holder(
            nonce=clock.nonce(),
            operation=plan.operation,
            command=plan.command,
            who=actor.identity,
            host=actor.host,
            pid=os.getpid(),
            since=clock.utc_now(),
            why=(plan.rolls_back.why if plan.rolls_back else "") or _first_line(plan.message),
        )
        locks, hear = self.locks_of(plan.lock_repo), partial(self._hear, plan, hear)
        with locks.hold(
            stages_changed(plan),
            holder,
            seen=plan.holds,
            also=plan.undoes,
            after=plan.answers,
            ahead=ahead,
            exact=_changes_hold(plan),
            report=hear,
        ) as taken:
            here = HeldHere(self.files)
            try:
                yield _Both(taken, here)
            finally:
                here.end(hear)

    def _here(self, plan: Plan, hear: Hear) -> Iterator[TakenLocks]:
        """Yield the holds of this workspace, if they are those that the plan was made with."""
        found, own = local_holds(self.files.read()).stages, plan.operation
        for stage in stages_changed(plan):
            seen, ref = plan.holds.get(stage), found.get(stage)
            why = refusal(stage, ref, seen, operation=own, also=plan.undoes) if ref else None
            if _changes_hold(plan) and not why:
                why = hold_changed(stage, ref, seen, operation=own)
            if why:
                raise why
        taken = HeldHere(self.files)
        try:
            yield taken
        finally:
            taken.end(hear)

    def release(
        self,
        plan: Plan,
        changed: Mapping[str, Hold | None] = NOTHING_CHANGES,
        ends: Ends = NOTHING_ENDED,
        *,
        passed: Collection[str] = (),
    ) -> tuple[Problem, ...]:
        """Release the locks that an operation left behind; return a problem for each that stays.

        So are those that the operation which it answers passed on to it. Holds stay, but for those
        that it `changed`: to a smaller one, or to none. Its own says how its deployments have
        ended, as far as that is known. The stages that it has `passed` on itself are left alone.
        """
        plan, left = self.pinned(plan), list[Problem]()
        changed = {stage: rest for stage, rest in changed.items() if stage not in passed}
        if not plan.lock_repo:
            held = self.files.holds()
            own = {
                s: hold.after(ends) for s, hold in held.items() if hold.operation == plan.operation
            }
            known = {s: rest for s, rest in own.items() if rest != held[s] and s not in passed}
            change_holds(self.files, {**known, **changed}, left.append)
            return tuple(left)
        here = {stage: changed[stage] for stage in self.files.read() if stage in changed}
        change_holds(self.files, here, left.append)
        hear = partial(self._hear, plan, left.append)
        stages = [stage for stage in stages_changed(plan) if stage not in passed]
        try:
            self.locks_of(plan.lock_repo).release_of(
                stages,
                plan.operation,
                after=plan.answers,
                changed=changed,
                ends=ends,
                seen=plan.holds,
                report=hear,
            )
        except MultigitError as error:
            hear(lock_unknown(stages, error.message))
        return tuple(left)

    def _hear(self, plan: Plan, hear: Hear, problem: Problem) -> None:
        """Pass on a problem; its hint needs the configuration to name the lock repository."""
        if self.repo != plan.lock_repo and problem.code != "lock_kept":
            back = f'First put [lock] with repo = "{plan.lock_repo}" into multigit.toml again.'
            problem = replace(problem, hint=Phrase(back, " ", problem.hint))
        hear(problem)


def _changes_hold(plan: Plan) -> bool:
    """Return whether what a plan leaves of a hold depends on what it was made with."""
    return bool(plan.rolls_back or plan.releases or plan.keeps)


def _first_line(message: str) -> str:
    return message.partition("\n")[0]
