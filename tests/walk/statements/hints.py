"""The commands that hints propose can be run."""

from __future__ import annotations

from tests.walk.annals import Annals, Step
from tests.walk.claims import BUG, DONE, USAGE, Claims

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
    """A command that a hint proposed is not refused as out of place when it is run next."""
    said = step.said
    if said is None or not step.hinted or said.cut_short:
        return
    out_of_place = said.status != DONE and bool(said.codes & OUT_OF_PLACE)  # a dry run only warns
    refused = said.status in {USAGE, BUG} or out_of_place
    yield not refused, f'"{step.hinted}" proposed what is refused: {said.told()}'
