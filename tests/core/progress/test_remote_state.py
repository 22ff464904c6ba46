"""The state of a repository, according to the refs of its remote."""

from __future__ import annotations

from multigit.core.planning.plan import State
from multigit.core.progress.remote_state import RemoteState, state_of
from multigit.core.values.problem import Problem
from tests.core.recovery.scene import HELD, MADE, STG, plan, stands


def test_the_remote_decides_what_is_published() -> None:
    """The journal does not matter."""
    repo = plan().repos[0]
    assert state_of(repo, stands(MADE)) is State.PUBLISHED
    assert state_of(repo, stands(HELD)) is State.NOT_PUBLISHED
    assert state_of(repo, stands({STG: "merge-1"})) is State.NOT_PUBLISHED  # still to be completed
    assert state_of(repo, stands({STG: "theirs"})) is State.FAILED
    unreachable = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    assert state_of(repo, unreachable) is State.UNKNOWN
