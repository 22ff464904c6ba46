"""The numbers in sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tests.walk.annals import Annals, Step
from tests.walk.claims import UNCHANGING, Claims, finished
from tests.walk.commands import Row

STATES = {
    "undone": {"published"},
    "published": {"published"},
    "not published": {"not_published"},
    "not undone": {"not_published"},
    "updated": {"updated"},
    "left as is": {"blocked", "skipped"},
    "left out": {"skipped"},
}
RUN_STATES = {"not started": "not_started", "not deployed": "failed", "deployed": "succeeded"}
COUNTED = re.compile(
    rf"(\d+) ({'|'.join(sorted({*STATES, *RUN_STATES}, key=len, reverse=True))})\b(?! in part)"
)


def counts_are_right(step: Step, _: Annals) -> Claims:
    """Each number in the message equals the number of repositories or deployments it counts."""
    said = finished(step, "status", "log")
    if said is None or said.result in UNCHANGING:
        return
    rows = Counter(row["state"] for row in said.rows)
    runs = Counter(state for row in said.rows for state in _run_states(row))
    for number, word in COUNTED.findall(said.message):
        states = STATES.get(word, set())
        count = runs[RUN_STATES[word]] if word in RUN_STATES else sum(rows[s] for s in states)
        counts = {count}
        if said.about == "deploy" and word == "not started":
            counts.add(rows["not_published"])  # repositories that it never reached
        yield int(number) in counts, f"{number} {word} instead of {counts}: {said.told()}"


def _run_states(row: Row) -> Iterator[str]:
    deployment = row.get("deployment") or {}
    return (str(each["state"]) for each in deployment.get("targets", ()))
