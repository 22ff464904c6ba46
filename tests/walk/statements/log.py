"""What the deployment log says."""

from __future__ import annotations

import hashlib
import json

from tests.torture.objects import TAGS
from tests.walk.annals import Annals, Step
from tests.walk.claims import DONE, USAGE, Claims, finished, moving
from tests.walk.commands import LOOKING
from tests.walk.seen import Record

SILENT = {"nothing", "error", "planned"}
CLOSING = {"abandoned", "undone"}  # an unfinished operation, which is recorded in any case
MOVING = {"promote", "backmerge", "push", "rollback"}
KEPT = ("state", "before", "after", "tag")


def the_log_says_the_same(step: Step, _: Annals) -> Claims:
    """The new record of an operation agrees with the document; see marks.py for a mark."""
    said = finished(step, "pull", *LOOKING)
    if said is None or said.status == USAGE:
        return
    if said.dry or (said.result in SILENT and not said.codes & CLOSING):
        yield not step.records, f"{said.told()} is recorded: {step.records}"
        return
    records = [each for each in step.records if each["operation"] == said.operation]
    if said.result == "done":
        yield len(records) == 1, f"{len(records)} records: {said.told()}"
    for record in records:
        logged = {row["repo"]: row for row in record["repos"]}
        for row in said.rows:
            kept, told = logged.get(row["repo"], {}), {**row}
            if said.about == "deploy" or not any(moving(row)):
                told["tag"] = kept.get("tag")  # the document omits tags that were made earlier
            if told["state"] == "planned":
                told["after"] = None  # the log does not keep the intended commit
            for key in KEPT:
                same = (kept.get(key) or None) == (told[key] or None)
                text = f"of {row['repo']} the log says {key} {kept.get(key)}, not {told[key]}"
                yield same, f"{text}: {said.told()}"


def the_log_is_true(step: Step, annals: Annals) -> Claims:
    """What a new record calls published is on the remote, branch and tag."""
    for record in step.records:
        if record["command"] not in MOVING:
            continue
        for row in record["repos"]:
            if row["state"] == "published" and row["after"]:
                yield from _is_there(step, annals, row)


def _is_there(step: Step, annals: Annals, row: Record) -> Claims:
    repo, graph = row["repo"], annals.graphs[row["repo"]]
    reached = graph.reached(step.after.branch(repo, row["branch"]))
    yield row["after"] in reached, f"the log calls {repo} published, {row['branch']} lacks it"
    if row["tag"]:
        there = graph.peeled(step.after.refs[repo].get(f"{TAGS}{row['tag']}", ""))
        yield there == row["after"], f"the log calls {repo} published, {row['tag']} is {there!r}"


def the_log_is_a_chain(step: Step, _: Annals) -> Claims:
    """Each new record follows the one before, and existing records never change."""
    for here, records in step.after.records.items():
        before = step.before.records[here]
        yield records[: len(before)] == before, f"{here}: earlier records have changed"
        for last, record in zip(("", *records), records, strict=False):
            line = json.dumps(last, sort_keys=True, separators=(",", ":")).encode()
            head = hashlib.sha256(line).hexdigest() if last else "0" * 64
            yield record["prev"] == head, f"{here}: record {record['seq']} follows no other"


def log_shows_what_is_kept(step: Step, _: Annals) -> Claims:
    """`multigit log` shows the newest records, counts the older ones, and finds no fault."""
    said = finished(step)
    if said is None or said.command != "log" or said.document is None or said.status == USAGE:
        return
    kept, shown = step.after.records[said.workspace], said.document["records"]
    if "--stage" in said.words:
        yield all(each in kept for each in shown), f"it shows what is not kept: {shown}"
        return
    yield list(shown) == list(kept[len(kept) - len(shown) :]), f"it shows {len(shown)} others"
    hidden = said.document["hidden"]
    yield hidden + len(shown) == len(kept), f"{hidden} hidden and {len(shown)} of {len(kept)}"
    yield said.status == DONE, said.told()
