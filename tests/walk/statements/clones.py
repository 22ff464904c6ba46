"""The user's own files."""

from __future__ import annotations

import re

from tests.support.snapshot import differences
from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims

FOLLOWING = re.compile(r"/\.git(: refs/heads/|/logs/)|/\.git/FETCH_HEAD")
COMMITTING = re.compile(r"/\.git/(index|COMMIT_EDITMSG)|/\.git: ORIG_HEAD")
OTHERS = re.compile(r"/multigit\.toml")  # changes when a colleague adds a runner


def work_trees_stay(step: Step, _: Annals) -> Claims:
    """No file, index or HEAD of a clone changes; local branches follow, and a push commits."""
    if step.line.startswith("edit "):
        return
    for here, files in step.after.files.items():
        mine = step.said is not None and step.said.workspace == here
        about = step.said.about if step.said and mine else ""
        for fact in differences(step.before.files[here], files) if about != "pull" else ():
            follows = mine and bool(FOLLOWING.search(fact))
            commits = about == "push" and bool(COMMITTING.search(fact))
            yield follows or commits or bool(OTHERS.search(fact)), f"{here}: {fact}"


def unpushed_work_stays(step: Step, annals: Annals) -> Claims:
    """No command but a push, which commits it, touches what someone has written in a clone."""
    if step.line.startswith("edit ") or (step.said and step.said.about == "push"):
        return
    for here, edits in annals.edits.items():
        for fact, text in edits.items():
            now = step.after.files[here].get(fact)
            yield now == text, f"{here}: {fact} was {text}, and is {now}"
