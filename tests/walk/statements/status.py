"""What `multigit status` says of the stages, compared with what git finds on the remotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.torture.objects import TAGS
from tests.walk.annals import Annals, Step
from tests.walk.claims import USAGE, Claims, finished
from tests.walk.commands import Row
from tests.walk.seen import Run, Seen
from tests.walk.statements.holds import Hold, holds
from tests.walk.statements.work import taken_back
from tests.walk.town import TAGGED, branch_of, pairs_of

ENDS: Mapping[str, Callable[[Run], bool]] = {
    "succeeded": lambda run: 0 in run.ends,
    "failed": lambda run: any(run.ends),  # maybe someone has rerun it since
}


def status_is_right(step: Step, annals: Annals) -> Claims:
    """Waiting commits, conflicts, missing back-merges, last tags and open operations are right."""
    said = finished(step)
    if said is None or said.command != "status" or step.loose or said.status == USAGE:
        return
    held = holds(step.after, annals, said.workspace)
    for row in said.rows:
        yield from _pairs(step.after, annals, row, held)
        yield from _last_tags(step.after, row)
    known = {each["stage"]: each["operation"] for each in (said.document or {}).get("holds", ())}
    since = {stage: each["operation"] for stage, each in held.items()}
    yield "--pending" in said.words or known == since, f"{since} are held, told {known}"
    told = (said.document or {})["unfinished"]
    recorded = {each["operation"] for each in step.after.records[said.workspace]}  # these are over
    there = [each for each in step.after.unfinished[said.workspace] if each not in recorded]
    yield (told in there) if there else not told, f"{told} is unfinished, not {there}"
    if "--pending" in said.words:  # no command runs meanwhile
        line = " ".join((*told.split("-")[1:-1], "unfinished")) if told else ""
        yield said.message == line, f"the line is {said.message!r}, not {line!r}"


def marks_are_right(step: Step, _: Annals) -> Claims:
    """A mark shows how its deployment ended; an unfinished operation has a mark, too."""
    said = finished(step)
    if said is None or said.command != "status" or step.loose or said.status == USAGE:
        return
    if "--pending" in said.words:  # it names only the operation
        return
    for row in said.rows:
        for stage, told in row["deployed"].items():
            here = (row["repo"], stage, told["watched"] or told["operation"])
            runs = [r for r in step.after.runs if (r.repo, r.stage, r.operation) == here]
            if ends := ENDS.get(told["state"]):
                yield bool(runs) and ends(runs[-1]), f"{here} is {told['state']}, ran {runs}"
    told_of = {
        (row["repo"], stage): told["watched"] or told["operation"]
        for row in said.rows
        for stage, told in row["deployed"].items()
    }
    for run in step.before.runs:
        if run.operation in step.before.unfinished[said.workspace]:
            known = told_of.get((run.repo, run.stage))
            yield known == run.operation, f"{run.key} is unfinished, and {known} is told"


def what_is_called_rolled_back_is_deployed(step: Step, annals: Annals) -> Claims:
    """That release was the last one deployed there, from whichever machine."""
    said = finished(step)
    if said is None or said.command != "status" or step.loose or said.status == USAGE:
        return
    for row in said.rows:
        for stage, release in (row.get("rolled_back") or {}).items():
            runs = [run for run in step.after.runs if (run.repo, run.stage) == (row["repo"], stage)]
            tag = step.after.refs[row["repo"]].get(f"{TAGS}{release}", "")
            if runs and tag and runs[-1].operation not in step.after.unfinished[said.workspace]:
                commit, last = annals.graphs[row["repo"]].peeled(tag), runs[-1]
                told = f"{row['repo']} on {stage} is called rolled back to {release}, ran {last}"
                yield last.sha == commit, told


def _pairs(seen: Seen, annals: Annals, row: Row, held: Mapping[str, Hold]) -> Claims:
    pairs = {(each["source"], each["target"]): each for each in row["pairs"]}
    own = pairs_of(row["repo"])
    yield tuple(pairs) == own, f"{row['repo']} has the pairs {own}, told {tuple(pairs)}"
    for source, target in own:
        told = pairs[source, target]
        state, commits = _standing(seen, annals, row["repo"], source, target)
        sure, possible = taken_back(seen, annals, row["repo"], source, target)
        out = _held_back(annals, row["repo"], held.get(target))
        if state == "up_to_date" and out:
            state = "waiting"
        near = f"{row['repo']}: {source} → {target} is {state} {commits}, {sure}, told {told}"
        yield told["held"] == out, f"{out} are held: {near}"
        if sure or possible:
            yield from _with_roll_backs(annals, row["repo"], told, sure, near)
        else:
            same = (told["state"], told["commits"], told["rolled_back"]) == (state, commits, 0)
            yield same, near
        most, least = _debt(seen, annals, row["repo"], source, target)
        debt = least <= told["debt"] <= most
        yield debt, f"{row['repo']}: {target} has {least} to {most} of its own, told {told}"


def _held_back(annals: Annals, repo: str, hold: Hold | None) -> int:
    """Count the commits of a repository that a hold keeps back."""
    held = hold["repos"].get(repo) if hold else None
    return len(annals.graphs[repo].own([held["bad"]], [held["to"]])) if held else 0


def _with_roll_backs(annals: Annals, repo: str, told: Row, sure: set[str], near: str) -> Claims:
    """Check a pair of which work was rolled back: it comes back, or it is said what reverts it."""
    yield told["state"] != "up_to_date" or not sure, near
    yield told["rolled_back"] <= told["commits"], near
    silent = {each.sha for each in annals.rollbacks[repo] if each.silent}
    left = sure - {*told["reverted"]}
    back = told["rolled_back"] and not left & silent
    yield not left or back or told["state"] == "conflict", f"{left} took back work: {near}"


def _debt(seen: Seen, annals: Annals, repo: str, source: str, target: str) -> tuple[int, int]:
    """Return how many commits a later stage has of its own, at most and at least.

    What rolled work back is none of them, and what ended that is none; git cannot say which of the
    others would bring nothing once the work is back.
    """
    _, most = _standing(seen, annals, repo, target, source)
    graph, rolled = annals.graphs[repo], {each.sha for each in annals.rollbacks[repo]}
    ours, theirs = (seen.branch(repo, branch_of(repo, stage)) for stage in (source, target))
    own = graph.own([theirs], [ours])
    back = {sha for sha in own if sha in rolled or "\nReapplies: " in graph.message(sha)}
    return most, 0 if back or not most else most


def _standing(seen: Seen, annals: Annals, repo: str, source: str, target: str) -> tuple[str, int]:
    """Return the state of a pair according to git's own merge, and how many commits wait."""
    graph = annals.graphs[repo]
    ours, theirs = (seen.branch(repo, branch_of(repo, stage)) for stage in (target, source))
    merge = graph.merge(ours, theirs)
    if not merge.conflicts and merge.tree == graph.commit(ours).tree:
        return "up_to_date", 0
    return ("conflict" if merge.conflicts else "waiting"), len(graph.own([theirs], [ours]))


def _last_tags(seen: Seen, row: Row) -> Claims:
    for stage, prefix in TAGGED.items():
        tags = [tag for tag in seen.tags(row["repo"]) if tag.startswith(prefix)]
        told = row["deploys"].get(stage, {}).get("tag", "")
        last = max(tags, key=_rank, default="")
        yield told == last, f"{row['repo']}: {last!r} was tagged last on {stage}, told {told!r}"


def _rank(tag: str) -> tuple[str, int]:
    """Return the sort key of a deploy tag: the timestamp, then the number after it."""
    found = re.search(r"(\d{8}-\d{6})(?:-(\d+))?$", tag)
    return (found[1], int(found[2] or 1)) if found else ("", 0)
