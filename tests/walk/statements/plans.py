"""What a plan says: its numbers are right, and it is what happens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.walk.annals import Annals, Step
from tests.walk.claims import DONE, FAILED, Claims, finished, moving
from tests.walk.commands import Row

LEFT = {"up_to_date", "skipped", "blocked", None}


def plans_count_right(step: Step, annals: Annals) -> Claims:
    """A plan's numbers match its rows, and its commits match git's count."""
    said = finished(step, "pull")
    if said is None or said.result != "planned":
        return
    planned = [row for row in said.rows if row["state"] == "planned"]
    announced = re.findall(r"(\d+) (?:published )?repositor(?:y|ies) will", said.message)
    moves = sum(map(int, announced))
    yield moves == len(planned), f"{moves} instead of {len(planned)}: {said.told()}"
    rest = sum(int(each) for each in re.findall(r"(\d+) (?:is|are) up to date", said.message))
    same = sum(row["state"] == "up_to_date" for row in said.rows)
    yield rest == same, f"{rest} up to date instead of {same}: {said.told()}"
    left = sum(int(each) for each in re.findall(r"(\d+) left (?:out|as is)", said.message))
    out = sum(row["state"] == "skipped" for row in said.rows)
    yield left == out, f"{left} left out instead of {out}: {said.told()}"
    yield from _arrivals(said.message, planned)
    for repo, move in ((row["repo"], move) for row in planned for move in moving(row)):
        if move["type"] == "merge" and not step.loose:
            tip = step.before.branch(repo, move["branch"])
            count = _arriving(annals, repo, move, tip)
            yield count == move["commits"], f"{repo}: {count} commits arrive, told {move}"


def _arrivals(message: str, planned: Sequence[Row]) -> Claims:
    """Compare the commits that reach a stage with those of the merges into it."""
    moves = [move for row in planned for move in moving(row)]
    if any(move["type"] != "merge" for move in moves):
        return
    for number, stage in re.findall(r"(\d+) commits? reach(?:es)? (\w+)", message):
        arriving = [move for move in moves if move["target"] == stage]
        count = sum(move["commits"] for move in arriving)
        count += sum(move["reapplies"]["commits"] for move in arriving if move["reapplies"])
        yield int(number) == count, f"{number} commits reach {stage} instead of {count}: {message}"


def _arriving(annals: Annals, repo: str, move: Row, tip: str) -> int:
    """Count the commits that a merge brings; trust the number if it builds on another merge."""
    if move["before"] != tip or move["source_sha"] not in annals.ever[repo]:
        return int(move["commits"])
    return len(annals.graphs[repo].own([move["source_sha"]], [tip]))


def a_plan_is_what_happens(step: Step, _: Annals) -> Claims:
    """What a dry run announced just before is what happens, in exactly those repositories."""
    said, plan = finished(step), step.planned
    if said is None or plan is None or step.loose or said.status not in {DONE, FAILED}:
        return
    rows = {row["repo"]: row for row in said.rows}
    closes = said.command == "undo" and plan.result == "nothing"  # then undo closes it as is
    left = {*LEFT, "not_published"} if closes else LEFT
    for row in plan.rows:
        name, announced, now = row["repo"], row["state"], rows.get(row["repo"], {})
        did = now.get("state")
        fits = did not in LEFT if announced == "planned" else did in {announced, *left}
        yield fits, f"{name} was announced as {announced}, and is {did}: {said.told()}"
        was = [(each["branch"], each["before"]) for each in moving(row)]
        moved = [(each["branch"], each["before"]) for each in moving(now)]
        yield announced != "planned" or was == moved, f"{name} was to move {was}, moved {moved}"
    if "--no-wait" in said.words:
        return
    number = sum(map(int, re.findall(r"(\d+) [a-z ]+ will be deployed", plan.message)))
    begun = {key.split("/")[1] for key in step.after.begun[len(step.before.begun) :]}
    told = f"{plan.message} {sorted(begun)} were deployed: {said.told()}"
    yield len(begun) >= number or said.status == FAILED, told
