"""The oracle on releases that were marked bad, with an answer written by hand."""

from __future__ import annotations

import pytest

from tests.walk.annals import Annals, Step
from tests.walk.commands import Said
from tests.walk.seen import Seen
from tests.walk.statements.overrides import what_was_overridden_has_the_reason
from tests.walk.town import OURS, THEIRS

NOTHING = Seen(
    refs={},
    moved={},
    runs=(),
    begun=(),
    records={OURS: (), THEIRS: ()},
    files={},
    unfinished={OURS: (), THEIRS: ()},
    noted={OURS: {}, THEIRS: {}},
)
OVERRIDING = ("--override", "bad_release", "--reason", "tried")


@pytest.mark.parametrize(
    ("options", "state", "known", "noted", "holds"),
    [
        ((), "blocked", True, None, True),
        ((), "deployed", False, None, True),
        ((), "deployed", True, None, False),
        ((), "deployed", True, "", False),
        (OVERRIDING, "deployed", True, "tried", True),
        (OVERRIDING, "deployed", True, "other", False),
        (OVERRIDING, "deployed", True, None, False),
        (OVERRIDING, "failed", True, "tried", True),
        (OVERRIDING, "deployed", False, None, True),
        (OVERRIDING, "deployed", False, "tried", False),
        ((*OVERRIDING[:1], "irreversible", *OVERRIDING[2:]), "deployed", True, "tried", False),
    ],
)
def test_the_document_says_why(
    options: tuple[str, ...], state: str, noted: str | None, *, known: bool, holds: bool
) -> None:
    """What was bad is deployed only with the reason, and nothing else was accepted."""
    row = {"repo": "api", "state": state, "problems": [{"code": "bad_release"}] * known}
    accepted = [{"code": "bad_release", "repo": "api", "reason": noted}] * (noted is not None)
    words = ("deploy", "stg", *options)
    said = Said(OURS, words, 0, {"repos": [row], "accepted": accepted}, "", "")
    step = Step(1, " ".join(words), said, NOTHING, NOTHING)
    claims = what_was_overridden_has_the_reason(step, Annals(graphs=None))  # type: ignore[arg-type]
    assert all(true for true, _ in claims) is holds
