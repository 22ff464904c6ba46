"""The refs of a repository's remote, compared with what an operation was to publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects
from multigit.core.values.workspace import Stage, Workspace


@dataclass(frozen=True, slots=True)
class RemoteState:
    """The refs of one repository's remote, compared with what an operation was to publish.

    `now` maps each ref to its object. `done` are the refs at what the operation made, `overtaken`
    the branches with commits on top of that, and `held` the refs that have not moved. Any other ref
    was moved by someone else. `onward` are the later stages whose branches contain it, too.
    `problem` is set if the remote could not be read.
    """

    now: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    overtaken: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    onward: tuple[str, ...] = ()
    problem: Problem | None = None

    @property
    def published(self) -> frozenset[str]:
        """Return the refs that contain what the operation made, with or without commits on top."""
        return self.done | self.overtaken


def compared(
    repo: RepoPlan,
    made: Objects,
    now: Mapping[str, str],
    *,
    overtaken: frozenset[str] = frozenset(),
    onward: tuple[str, ...] = (),
) -> RemoteState:
    """Compare the remote's refs, `now`, with a repository's plan and what was made for it."""
    updates = [update for update in repo.updates() if update.ref not in overtaken]
    done = {u.ref for u in updates if u.ref in made and now.get(u.ref, "") == made[u.ref]}
    held = {u.ref for u in updates if u.ref not in done and now.get(u.ref, "") == u.before}
    return RemoteState(now, frozenset(done), overtaken, frozenset(held), onward)


def state_of(repo: RepoPlan, remote: RemoteState) -> State:
    """Return published, not published (it still can be), unknown, or failed (a ref was moved)."""
    if remote.problem:
        return State.UNKNOWN
    refs = {update.ref for update in repo.updates()}
    if refs <= remote.published:
        return State.PUBLISHED
    return State.NOT_PUBLISHED if refs <= remote.published | remote.held else State.FAILED


def later_stages(workspace: Workspace, plan: RepoPlan) -> tuple[Stage, ...]:
    """Return a repository's stages after those that it was planned to move."""
    moved = {step.move().stage for step in plan.branch_steps()}
    known = moved & {stage.name for stage in workspace.stages}
    return workspace.stages_of(workspace.repo(plan.repo), workspace.later_than(known))
