"""Releases that a person marked: what everyone who shares the workspace sees of it."""

from __future__ import annotations

import json

from tests.torture.objects import MARKS
from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, finished
from tests.walk.town import KEEPER


def a_mark_is_where_it_says(step: Step, annals: Annals) -> Claims:
    """The remote has the mark if it is shared, and the log says the same; else nothing changed."""
    said = finished(step)
    if said is None or said.document is None or said.command != "mark" or step.loose:
        return
    if said.result != "done":
        yield not step.records, f"{said.told()} is recorded: {step.records}"
        return
    mark = said.document["mark"]
    (record,) = step.records or ({},)
    same = all(record.get(key) == mark[key] for key in ("release", "stage", "quality"))
    yield same and record.get("message") == mark["reason"], f"the log says {record}: {said.told()}"
    sha = step.after.refs[KEEPER].get(f"{MARKS}{mark['release']}", "")
    if not said.document["local"]:
        there = json.loads(annals.graphs[KEEPER].content(sha)) if sha else None
        yield there == mark, f"the remote has {there}: {said.told()}"
