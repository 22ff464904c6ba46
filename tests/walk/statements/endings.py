"""How a command ended: exit code, document and result."""

from __future__ import annotations

from tests.walk.annals import Annals, Step
from tests.walk.claims import DONE, FAILED, INTERRUPTED, REFUSED, USAGE, Claims

FITTING = {
    DONE: {"done", "nothing", "planned"},
    FAILED: {"failed", "error"},
    USAGE: {"error"},
    REFUSED: {"blocked", "cancelled", "paused", "error"},
}


def exit_codes_fit(step: Step, _: Annals) -> Claims:
    """The document has the process's exit code, and its result fits that code."""
    said = step.said
    if said is None or said.cut_short:
        return
    told = said.told()
    yield said.status in {*FITTING, INTERRUPTED}, f"exit code {said.status}: {told}"
    silent = said.document is None and not (said.disturbed and said.status == INTERRUPTED)
    yield not silent, f"no document: {told} {said.stderr[-400:]}"
    if said.document is not None:
        code = said.document["exit_code"]
        yield code == said.status, f"the document's exit code is {code}: {told}"
        fitting = FITTING.get(said.status, {said.result})
        yield said.result in fitting, f"{said.result} with exit code {said.status}: {told}"
