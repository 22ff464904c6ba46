"""What the first Ctrl-C says."""

from __future__ import annotations

from multigit.core.reports import leaving
from multigit.core.values.deployment import Deployment, RunState
from multigit.phrase import Typed, parts_of


def test_what_is_pushed_is_named() -> None:
    """And how it ends if multigit does not wait for it."""
    assert leaving.pushing(["api", "web", "worker"]) == (
        "Waiting for 3 pushes: api, web, worker. "
        "Press Ctrl-C again to leave them running; multigit continue finishes."
    )


def test_the_command_that_finishes_is_marked() -> None:
    """So it is in one piece on every screen."""
    said = parts_of(leaving.pushing(["api"]))
    assert [part for part in said if isinstance(part, Typed)] == ["multigit continue"]


def test_many_are_counted() -> None:
    """A few of them are named."""
    said = leaving.updating([f"s{n}" for n in range(20)])
    assert said.startswith("Waiting for 20 updates: s0, s1, s2, s3, s4, s5 and 14 more. ")


def test_deployments_do_not_need_multigit() -> None:
    """Those with a run keep running; of those that are being started, the answer is missing."""
    states = {
        "api": [Deployment("", RunState.RUNNING)],
        "web": [Deployment("fra", RunState.SUCCEEDED), Deployment("iad", RunState.WAITING)],
        "worker": [Deployment("", RunState.STARTING)],
        "shop": [Deployment("", RunState.SUCCEEDED)],
        "tools": [Deployment("", RunState.CHECKING)],
    }
    assert leaving.deploying(states) == (
        "Deployments keep running: api, web. Waiting for 1 start: worker. "
        "Press Ctrl-C again to exit at once."
    )
    assert leaving.deploying({}).startswith("No deployment is running. ")
