"""What the remote of a repository holds, compared with what an operation wanted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Objects


@dataclass(frozen=True, slots=True)
class RemoteState:
    """What the remote of one repository holds now of what an operation wanted.

    `done` are the refs that hold what was made for them, `overtaken` the branches that have it
    with somebody's work on top, `held` the refs that still hold what they did before. Any other
    ref was moved by somebody else. `onward` are the later stages whose branches have it, too.
    `problem` when the remote could not be read.
    """

    now: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    overtaken: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    onward: tuple[str, ...] = ()
    problem: Problem | None = None

    @property
    def there(self) -> frozenset[str]:
        """Return the refs that have what was made for them, whatever stands on top of it."""
        return self.done | self.overtaken


def compared(
    repo: RepoPlan,
    made: Objects,
    now: Mapping[str, str],
    *,
    overtaken: frozenset[str] = frozenset(),
    onward: tuple[str, ...] = (),
) -> RemoteState:
    """Compare the remote's refs with a repository's plan."""
    updates = [update for update in repo.updates() if update.ref not in overtaken]
    done = {u.ref for u in updates if u.ref in made and now.get(u.ref, "") == made[u.ref]}
    held = {u.ref for u in updates if u.ref not in done and now.get(u.ref, "") == u.before}
    return RemoteState(now, frozenset(done), overtaken, frozenset(held), onward)


def state_of(repo: RepoPlan, remote: RemoteState) -> State:
    """Return published, not published (all can still be done), unknown, or failed (moved)."""
    if remote.problem:
        return State.UNKNOWN
    refs = {update.ref for update in repo.updates()}
    if refs <= remote.there:
        return State.PUBLISHED
    return State.NOT_PUBLISHED if refs <= remote.there | remote.held else State.FAILED
