"""Held stages: since when, until when, and what goes out there meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.torture.objects import LOCKS
from tests.walk.annals import Annals, Step, later, lets_out, operations_of
from tests.walk.claims import USAGE, Claims, finished, moving
from tests.walk.commands import LETTING_OUT, Said, redeploys
from tests.walk.seen import Seen
from tests.walk.statements.doubts import started
from tests.walk.town import KEEPER, stage_of

Hold = Mapping[str, Any]
OUT = {"published", "deployed", "started", "failed"}
OVER = {"done", "failed"}


def a_hold_changes_only_with_a_roll_back_or_a_release(step: Step, annals: Annals) -> Claims:
    """A stage is held since a roll-back of it, until a person lets out what it keeps back."""
    if step.loose or step.line.startswith("forget "):  # on another machine there are no files
        return
    told = step.said.told() if step.said else step.line
    for here in step.after.held:
        before, after = holds(step.before, annals, here), holds(step.after, annals, here)
        for stage in before.keys() | after.keys():
            same = before.get(stage) == after.get(stage)
            noted = _only_noted(step, before.get(stage), after.get(stage))
            right = same or noted or _may_change(step, annals, stage)
            yield right, f"{stage} was {before.get(stage)}, is {after.get(stage)}: {told}"


def _only_noted(step: Step, before: Hold | None, after: Hold | None) -> bool:
    """Return whether a release was deployed by name: what must not go out stays the same."""
    if not (step.said and step.said.about == "deploy" and before and after):
        return False
    bad = [{name: each["bad"] for name, each in held["repos"].items()} for held in (before, after)]
    return bad[0] == bad[1] and before["operation"] == after["operation"]


def _may_change(step: Step, annals: Annals, stage: str) -> bool:
    said = step.said
    if said is None or said.dry:
        return False
    if said.words[:2] == ("rollback", stage) or lets_out(said):
        return True
    found = operations_of(step)
    return any(f"-rollback-{stage}-" in name or name in annals.let_out for name in found)


def a_roll_back_holds_what_it_deploys_again(step: Step, annals: Annals) -> Claims:
    """Once an old commit is deployed again, the newer one is held, as is what was held before.

    Where the stage has what its branch has, nothing is held any longer. If nothing went out, the
    stage is held as it was before.
    """
    said = finished(step)
    if said is None or step.loose or said.command != "rollback" or said.status == USAGE:
        return
    stage, here = said.words[1], said.workspace
    before, after = (holds(seen, annals, here).get(stage) for seen in (step.before, step.after))
    told = f"{stage} is held as {after}, was {before}: {said.told()}"
    out = {run.repo for run in started(step)} | {*_published(said)}
    if said.dry or not out:
        open_ = said.operation in step.after.unfinished[here]
        unsure = any(state not in {"not_started", "failed"} for _, state in said.deployments)
        yield open_ or unsure or after == before, told
        return
    kept, now = _kept(before), _kept(after)
    for row in said.rows:
        repo = row["repo"]
        for each in (each for each in row["steps"] if each["type"] == "rollback"):
            tip = step.before.branch(repo, each["branch"])
            if redeploys(each) and each["to"] != tip:
                kept[repo] = (each["to"], tip)
            elif repo in out:
                kept.pop(repo, None)
            else:  # it may have been let go before it was tried
                kept.pop(repo, None)
                now.pop(repo, None)
    yield now == kept, f"{kept} is to be held: {told}"


def _published(said: Said) -> Iterator[str]:
    """Yield the repositories that were published and not deployed, as nothing deploys them."""
    for row in said.rows:
        if row.get("state") == "published" and not row["deployment"]:
            yield row["repo"]


def _kept(hold: Hold | None) -> dict[str, tuple[str, str]]:
    return {repo: (each["to"], each["bad"]) for repo, each in _repos(hold).items()}


def a_release_of_a_hold_keeps_what_did_not_go_out(step: Step, annals: Annals) -> Claims:
    """A hold ends, by repository, once a person has let out what it keeps back."""
    said = finished(step)
    if said is None or step.loose or said.result not in OVER or LETTING_OUT not in said.words:
        return
    if said.command == "continue":
        return
    here, stage = said.workspace, _target(said)
    before, after = (holds(seen, annals, here).get(stage) for seen in (step.before, step.after))
    rows = {row["repo"]: row for row in said.rows}
    begun = {run.repo for run in started(step) if run.stage == stage} | {*_published(said)}
    for repo, held in _repos(before).items():
        row, out = rows.get(repo, {}), repo in begun
        now = _repos(after).get(repo)
        right = now is None if out else now == held or row.get("state") == "unknown"
        yield right, f"{repo} is held as {now}, was {held}, went out: {out}: {said.told()}"


def what_is_held_does_not_go_out(step: Step, annals: Annals) -> Claims:
    """Where a stage is held, nothing is started or merged unless a person lets it out."""
    said = step.said
    if said is None or step.loose:
        return
    allowed = annals.let_out | (operations_of(step) if lets_out(said) else set())
    held = holds(step.before, annals, said.workspace)
    for run in started(step):
        if run.by == said.workspace and run.stage in held:
            right = run.operation in allowed or f"-rollback-{run.stage}-" in run.operation
            yield right, f"{run.key} began while {held[run.stage]}: {said.told()}"
    if said.document is None or said.dry or said.operation in allowed:
        return
    for row in said.rows:
        for each in moving(row) if row.get("state") == "published" else ():
            stage = stage_of(row["repo"], each["branch"])
            if each["type"] != "merge" or stage not in later(each["source"]) or stage not in held:
                continue
            tip = step.before.branch(row["repo"], each["branch"])
            new = each["after"] not in annals.graphs[row["repo"]].reached(tip)
            yield not new, f"{row['repo']} was merged while {held[stage]}: {said.told()}"


def lock_status_names_the_holds(step: Step, annals: Annals) -> Claims:
    """`multigit lock status` names each stage that all machines hold, and since which operation."""
    said = finished(step)
    if said is None or said.words[:2] != ("lock", "status") or said.document is None:
        return
    if step.loose or said.status == USAGE:
        return
    told = {each["stage"]: each["operation"] for each in said.document["holds"]}
    held = {stage: hold["operation"] for stage, hold in shared_holds(step.after, annals).items()}
    yield told == held, f"{held} are held, told {told}"


def holds(seen: Seen, annals: Annals, workspace: str) -> Mapping[str, Hold]:
    """Return what a workspace has to heed: what all machines hold, and what it holds itself."""
    return {**seen.held.get(workspace, {}), **shared_holds(seen, annals)}


def shared_holds(seen: Seen, annals: Annals) -> Mapping[str, Hold]:
    """Return what all machines hold, by stage."""
    refs = seen.refs[KEEPER].items()
    stages = {ref.removeprefix(LOCKS): sha for ref, sha in refs if ref.startswith(LOCKS)}
    read = {stage: json.loads(annals.graphs[KEEPER].content(sha)) for stage, sha in stages.items()}
    return {stage: each["hold"] for stage, each in read.items() if "hold" in each}


def _repos(hold: Hold | None) -> Mapping[str, Mapping[str, str]]:
    return hold["repos"] if hold else {}


def _target(said: Said) -> str:
    """Return the stage to which a command lets something out."""
    if said.command == "push":
        return said.words[said.words.index("--promote") + 1]
    return said.words[2 if said.command == "promote" else 1]
