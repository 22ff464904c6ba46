"""What kind of actor runs multigit, according to the environment."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from multigit.adapters.system.actors import AGENTS, CI, CI_TOGETHER, attended, kind_of_actor
from multigit.core.values.agreement import ActorKind


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, ActorKind.PERSON),
        *(({name: "1"}, ActorKind.CI) for name in CI),
        *((dict.fromkeys(names, "1"), ActorKind.CI) for names in CI_TOGETHER),
        *(({name: "1"}, ActorKind.PERSON) for names in CI_TOGETHER for name in names),
        *(({name: "x"}, ActorKind.AGENT) for name in AGENTS),
        *(({"CI": off, "AI_AGENT": off}, ActorKind.PERSON) for off in ("", "0", "false", "False")),
        ({"CI": "true", "CLAUDECODE": "1"}, ActorKind.AGENT),
        ({"TERM": "dumb"}, ActorKind.PERSON),
    ],
)
def test_variables_tell_the_kind(environment: Mapping[str, str], kind: ActorKind) -> None:
    """An agent in a CI job is an agent, and a variable that is switched off is ignored."""
    assert kind_of_actor(environment) is kind
    assert attended(environment) is (kind is ActorKind.PERSON and "TERM" not in environment)
