"""People read the same as scripts."""

from __future__ import annotations

import re

from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, finished
from tests.walk.commands import LOOKING

MARKS = {
    "published": "✓",
    "deployed": "✓",
    "failed": "✗",
    "unknown": "?",
    "not_published": "·",
    "started": "…",
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
ENDED = {"done", "failed", "paused"}


def people_read_the_same(step: Step, _: Annals) -> Claims:
    """The message, its hint and each repository's mark on the screen match the document."""
    said = finished(step)
    if said is None or not said.watched or said.result == "error":
        return
    shown = _folded(said.stderr)
    for text in (said.message, (said.document or {}).get("hint") or ""):
        told = f"{text!r} is not shown: {said.told()} {said.stderr[-1500:]}"
        yield said.command == "log" or _folded(text) in shown, told
    if said.dry or said.result not in ENDED or said.command in {*LOOKING, "pull"}:
        return
    for row in said.rows:
        if mark := MARKS.get(row["state"]):
            name = row["repo"]
            lines = [line.split() for line in said.stderr.splitlines()]
            marked = any(words[:2] == [name, mark] for words in lines)
            yield marked, f"{name} is {row['state']}, and not marked {mark}: {said.stderr[-1500:]}"


def _folded(text: str) -> str:
    """Return a text independently of the width of the screen, with the times that people read."""
    return _TIME.sub(r"\1 \2 +00:00", " ".join(text.split()))
