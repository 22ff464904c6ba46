"""What a hint proposes can be typed."""

from __future__ import annotations

from tests.walk.annals import Annals, Step
from tests.walk.claims import BUG, USAGE, Claims

OUT_OF_PLACE = {
    "cannot_be_undone",
    "no_deployment",
    "nothing_failed",
    "nothing_to_undo",
    "nothing_to_watch",
    "nothing_unfinished",
    "push_deploys",
    "undo_of_undo",
    "unfinished_operation",
    "unknown_operation",
    "unknown_release",
}


def a_hint_is_accepted(step: Step, _: Annals) -> Claims:
    """What a hint proposed is typed after it, and is not refused as out of place."""
    said = step.said
    if said is None or not step.hinted or said.cut_short:
        return
    refused = said.status in {USAGE, BUG} or bool(said.codes & OUT_OF_PLACE)
    yield not refused, f'"{step.hinted}" proposed what is refused: {said.told()}'
