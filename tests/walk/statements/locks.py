"""The locks across machines, when the configuration names a repository for them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.torture.objects import LOCKS
from tests.walk.annals import Annals, Step
from tests.walk.claims import USAGE, Claims, finished, moving
from tests.walk.commands import Row
from tests.walk.seen import Seen
from tests.walk.town import KEEPER, stage_of

TOLD = {"lock_kept", "lock_left", "lock_unknown", "locked_remotely", "lock_unreachable"}


def locks_are_given_back(step: Step, annals: Annals) -> Claims:
    """A command leaves no new lock behind, unless it says so."""
    said = finished(step)
    if said is None or step.loose or said.codes & TOLD:
        return
    before = locks(step.before, annals)
    for stage, sha in locks(step.after, annals).items():
        yield before.get(stage) == sha, f"{stage} stays locked, unsaid: {said.told()}"
        mine = said.operation and _holder(annals, sha)["operation"] == said.operation
        closed = said.operation not in step.after.unfinished[said.workspace]
        yield not (mine and closed and not said.dry), f"{stage} is left locked: {said.told()}"


def locks_keep_others_out(step: Step, annals: Annals) -> Claims:
    """While someone holds a stage's lock, no one else moves its branch or starts a deployment."""
    said = finished(step, "pull", "lock")
    if said is None or step.loose or said.dry:
        return
    after = locks(step.after, annals)
    for stage, sha in locks(step.before, annals).items():
        if after.get(stage) != sha or _holder(annals, sha)["operation"] == said.operation:
            continue
        moved = [row["repo"] for row in said.rows if _moved(row, stage)]
        yield not moved, f"{stage} is locked, and moved in {moved}: {said.told()}"
        new = step.after.runs[len(step.before.runs) :]
        begun = [run.key for run in new if (run.operation, run.stage) == (said.operation, stage)]
        yield not begun, f"{stage} is locked, and {begun} began: {said.told()}"


def lock_status_is_right(step: Step, annals: Annals) -> Claims:
    """`multigit lock status` names each existing lock and its holder."""
    said = finished(step)
    if said is None or said.words[:2] != ("lock", "status") or said.document is None:
        return
    if step.loose or said.status == USAGE:
        return
    told = {each["stage"]: each["holder"] for each in said.document["locks"]}
    there = {stage: _holder(annals, sha) for stage, sha in locks(step.after, annals).items()}
    yield told == there, f"{there} are held, told {told}"


def locks(seen: Seen, annals: Annals) -> Mapping[str, str]:
    """Return the locked stages, each with the object of its lock; a hold alone is not a lock."""
    refs = seen.refs[KEEPER].items()
    stages = {ref.removeprefix(LOCKS): sha for ref, sha in refs if ref.startswith(LOCKS)}
    return {stage: sha for stage, sha in stages.items() if _holder(annals, sha)}


def _holder(annals: Annals, sha: str) -> Mapping[str, str]:
    """Return what a lock's object says of its holder; nothing if it only holds the stage."""
    found: Mapping[str, str] = json.loads(annals.graphs[KEEPER].content(sha))
    return {key: value for key, value in found.items() if key != "hold"}


def _moved(row: Row, stage: str) -> bool:
    if row.get("state") != "published":
        return False
    return any(stage_of(row["repo"], each["branch"]) == stage for each in moving(row))
