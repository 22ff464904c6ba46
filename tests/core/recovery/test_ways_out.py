"""Which ways out of an unfinished operation are proposed."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.core.planning.plan import State
from multigit.core.recovery.ways_out import ways_out
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.flight import Flight
from multigit.hints import Hint
from tests.core.recovery.scene import promoted

FAILED = {"api": {"": Deployment("", RunState.FAILED)}}
SKIPPED = {"api": {"": Deployment("", RunState.SKIPPED)}}
FLIGHT = Flight(1.0, 2.0, "here", "1:1")


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ({}, Hint.FINISH_OR_UNDO),
        ({"settled": {"api": State.PUBLISHED}}, Hint.FINISH_OR_UNDO),
        ({"deployments": SKIPPED, "settled": {"api": State.PUBLISHED}}, Hint.FINISH_OR_UNDO),
        ({"deployments": FAILED}, Hint.FINISH),  # web is in a later wave
        ({"deployments": FAILED, "settled": {"web": State.NOT_PUBLISHED}}, Hint.FINISH),
        ({"deployments": FAILED, "settled": {"web": State.PUBLISHED}}, Hint.FINISH_OR_UNDO),
        ({"deployments": FAILED, "settled": {"web": State.UNKNOWN}}, Hint.FINISH_OR_UNDO),
        ({"deployments": FAILED, "flights": {"web": FLIGHT}}, Hint.FINISH_OR_UNDO),
        ({"deployments": FAILED, "flights": {"api": FLIGHT}}, Hint.FINISH),
    ],
)
def test_undo_is_proposed_if_it_may_undo_something(known: dict[str, Any], hint: Hint) -> None:
    """If everything that may be published was deployed, an undo would be refused."""
    assert ways_out(promoted(**known)) == hint
