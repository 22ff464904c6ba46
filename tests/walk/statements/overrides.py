"""Releases that someone marked bad, which are deployed only if a person says why."""

from __future__ import annotations

from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, codes
from tests.walk.commands import Said

BAD = "bad_release"


def what_was_overridden_has_the_reason(step: Step, _: Annals) -> Claims:
    """A bad release goes out only with the override, and then the document says why."""
    said = step.said
    if said is None or said.document is None or said.command not in {"deploy", "rollback"}:
        return
    reason = _reason(said)
    noted = {
        each["repo"]: each["reason"]
        for each in said.document.get("accepted", ())
        if each["code"] == BAD
    }
    for row in said.rows:
        told = f"{row['repo']} is {row['state']}, accepted is {noted}: {said.told()}"
        known = BAD in codes(row)
        blocked = row["state"] in {"blocked", "skipped"}
        yield not known or blocked or noted.get(row["repo"]) == reason != "", told
        yield row["repo"] not in noted or known, told


def _reason(said: Said) -> str:
    """Return the reason that was typed, if this rule was overridden."""
    words = dict(zip(said.words, said.words[1:], strict=False))
    return words.get("--reason", "") if words.get("--override") == BAD else ""
