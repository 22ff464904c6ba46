"""No work is silently lost after a colleague, or a roll-back, reverted some of it.

In a town, files are deleted only by reverts. So a merge loses work if it lacks a file that the
earlier stage has; the newest revert of that file is the reason.
"""

from __future__ import annotations

import re

from tests.walk.annals import Annals, Rollback, Step, later
from tests.walk.claims import Claims, codes, finished, moving
from tests.walk.commands import LOOKING, Row
from tests.walk.seen import Seen
from tests.walk.town import branch_of, pairs_of, stage_named, stages_of

TOLD = {"reverted_work", "returned_files", "mixed_roll_back", "rolled_back", "reapply_conflict"}
BACK = "brings_back"
COUNTED = re.compile(r"^(?:brings back|keeps) (\d+) commits? that (\w{7}) ")
REAPPLIED = re.compile(r"^Reapplies: ([0-9a-f]+)$", re.MULTILINE)
NOT_JUDGED = {"skipped", "failed", "not_published", "unknown"}


def work_is_kept(step: Step, annals: Annals) -> Claims:
    """Work that was reverted on a later stage is never lost unless someone accepts that."""
    said = finished(step, "undo", "pull", "deploy", *LOOKING)
    if said is None or said.dry:
        return
    for row in (row for row in said.rows if annals.rollbacks[row["repo"]]):
        for move in moving(row) if row["state"] == "published" else ():
            if move["type"] == "merge":
                lost = _lost(annals, row["repo"], move["source"], move["target"], move["after"])
                yield not lost, f"{row['repo']}: {move['after']} lost {lost}: {said.told()}"


def _lost(annals: Annals, repo: str, source: str, target: str, merge: str) -> list[str]:
    """Return the files that a merge lacks although the earlier of the two stages had them."""
    graph = annals.graphs[repo]
    ours, theirs = graph.commit(merge).parents
    there, back = (theirs, ours) if target in later(source) else (ours, theirs)
    files, merged = graph.files(there), graph.files(merge)
    found = _newest(annals, repo, graph.reached(back) - graph.reached(there))
    accepted = graph.accepted(merge)
    return sorted(
        path
        for path, each in found.items()
        if path in files and path not in merged and each.sha not in accepted
    )


def what_comes_back_is_there(step: Step, annals: Annals) -> Claims:
    """A merge that brings work back has every file of it; so has a commit that does only that."""
    said = finished(step, "undo", "pull", "deploy", *LOOKING)
    if said is None or said.dry:
        return
    for row in said.rows:
        graph = annals.graphs[row["repo"]]
        for move in moving(row) if row["state"] == "published" else ():
            back = move.get("reapplies")
            if not back:
                continue
            made, files = graph.commit(back["sha"]), graph.files(move["after"])
            found = _newest(annals, row["repo"], graph.reached(*made.parents))
            gone = sorted(
                path
                for path, each in found.items()
                if each.sha in back["reverts"] and each.files[path] and path not in files
                if move["type"] == "reapply" or _stays(annals, row["repo"], move, path)
            )
            yield not gone, f"{row['repo']}: {move['after']} lacks {gone}: {said.told()}"


def _stays(annals: Annals, repo: str, move: Row, path: str) -> bool:
    """Return whether the earlier of two stages has a file, or has never had it."""
    graph, forward = annals.graphs[repo], move["target"] in later(move["source"])
    earlier = move["source_sha"] if forward else move["before"]
    if path in graph.files(earlier):
        return True
    return not any(path in graph.files(sha) for sha in graph.reached(earlier))


def what_comes_back_is_counted(step: Step, annals: Annals) -> Claims:
    """The commits that come back are as many as the roll-back took of the earlier stage."""
    said = finished(step)
    if said is None or said.command != "promote" or step.loose:
        return
    source = stage_named(said.words[1])
    for row in said.rows:
        graph, repo = annals.graphs[row["repo"]], row["repo"]
        known = {each.sha[:7]: each for each in annals.rollbacks[repo]}
        theirs = graph.reached(step.before.branch(repo, branch_of(repo, source)))
        for problem in row["problems"] if source in stages_of(repo) else ():
            told = COUNTED.match(problem["message"])
            if problem["code"] != BACK or not told or told[2] not in known:
                continue
            each = known[told[2]]
            count = len(graph.own(graph.commit(each.sha).parents, [each.to]) & theirs)
            yield int(told[1]) == count, f"{repo}: {count} come back, told {problem['message']}"


def a_promotion_tells_what_was_taken_back(step: Step, annals: Annals) -> Claims:
    """Where work would be lost, a promotion brings it back and says so, or it is blocked.

    It brings back what says that it is a revert, and the rest only if a person wants that.
    """
    said = finished(step)
    if said is None or said.command != "promote" or step.loose:
        return
    source, target = map(stage_named, said.words[1:3])
    rows = [row for row in said.rows if (source, target) in pairs_of(row["repo"])]
    for row in rows if "--accept-reverts" not in said.words else ():
        sure, possible = taken_back(step.before, annals, row["repo"], source, target)
        told = {*TOLD, BACK} & codes(row)
        if sure and row["state"] not in NOT_JUDGED and "conflict" not in codes(row):
            silent = any(each.silent for each in annals.rollbacks[row["repo"]] if each.sha in sure)
            back = BACK in told and (not silent or "--roll-forward" in said.words)
            right = back or (TOLD & told and row["state"] == "blocked")
            yield bool(right), f"{row['repo']}: {sure} was taken back: {said.told()}"
        carried = _carried(step.before, annals, row["repo"], source, target)
        right = possible or carried or not told
        yield right, f"{row['repo']}: nothing was taken back: {said.told()}"


def _carried(seen: Seen, annals: Annals, repo: str, source: str, target: str) -> bool:
    """Return whether a back-merge brought to the source what was reverted on the target."""
    graph = annals.graphs[repo]
    ours, theirs = (seen.branch(repo, branch_of(repo, stage)) for stage in (target, source))
    messages = map(graph.message, graph.own([theirs], [ours]))
    reapplied = {sha for message in messages for sha in REAPPLIED.findall(message)}
    return bool(reapplied & graph.reached(ours))


def taken_back(
    seen: Seen, annals: Annals, repo: str, source: str, target: str
) -> tuple[set[str], bool]:
    """Return the reverts with which a promotion certainly loses work, and whether others might.

    Lines of a file may have been restored or changed again: git cannot say what is right then.
    Neither can it for a single file that was deleted silently, or for reverts that were accepted.
    """
    graph = annals.graphs[repo]
    ours, theirs = (seen.branch(repo, branch_of(repo, stage)) for stage in (target, source))
    own = graph.reached(ours) - graph.reached(theirs)
    found = _newest(annals, repo, own)
    merge = graph.merge(ours, theirs) if found else None
    if merge is None or merge.conflicts:
        return set(), bool(found)
    there, merged = graph.files(theirs), graph.files(merge.tree)
    gone = [each for path, each in found.items() if path in there and path not in merged]
    accepted = graph.accepted(ours)
    sure = {e.sha for e in gone if e.sha not in accepted and not (e.silent and gone.count(e) == 1)}
    near = [each for each in annals.rollbacks[repo] if each.sha in own]
    return sure, any(there.get(path) != merged.get(path) for e in near for path in e.files)


def _newest(annals: Annals, repo: str, among: frozenset[str]) -> dict[str, Rollback]:
    """Return the newest of these reverts for each file that one of them touched."""
    return {
        path: each for each in annals.rollbacks[repo] if each.sha in among for path in each.files
    }
