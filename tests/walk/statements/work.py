"""That no work is lost without a word after a colleague took some of it back.

In a town nobody deletes a file but with a roll-back. So a merge loses work where it lacks a file
that the stage has which the work comes from.
"""

from __future__ import annotations

from tests.walk.annals import Annals, Rollback, Step, later
from tests.walk.claims import Claims, codes, finished, moving
from tests.walk.commands import LOOKING
from tests.walk.seen import Seen
from tests.walk.town import PAIRS

TOLD = {"reverted_work", "returned_files"}


def work_is_kept(step: Step, annals: Annals) -> Claims:
    """What a colleague took back of a later stage is lost nowhere unless somebody accepts that."""
    said = finished(step, "undo", "pull", "deploy", *LOOKING)
    if said is None or said.dry:
        return
    for row in (row for row in said.rows if annals.rollbacks[row["repo"]]):
        for move in moving(row) if row["state"] == "published" else ():
            if move["type"] == "merge":
                lost = _lost(annals, row["repo"], move["source"], move["target"], move["after"])
                yield not lost, f"{row['repo']}: {move['after']} lost {lost}: {said.told()}"


def _lost(annals: Annals, repo: str, source: str, target: str, merge: str) -> list[str]:
    """Return the files that a merge lacks though the earlier of both stages had them."""
    graph = annals.graphs[repo]
    ours, theirs = graph.commit(merge).parents
    forward = target in later(source)
    there, back = (theirs, ours) if forward else (ours, theirs)
    own = graph.reached(back) - graph.reached(there)
    accepted = graph.accepted(merge)
    gone = graph.files(there).keys() - graph.files(merge).keys()
    return sorted(
        path
        for each in annals.rollbacks[repo]
        if each.sha in own and each.sha not in accepted
        for path in gone & each.files.keys()
    )


def a_promotion_tells_what_was_taken_back(step: Step, annals: Annals) -> Claims:
    """Where work would be lost, a promotion is neither made nor called unnecessary."""
    said = finished(step)
    if said is None or said.command != "promote" or step.loose or said.words[1:3] not in PAIRS:
        return
    for row in said.rows if "--accept-reverts" not in said.words else ():
        sure, possible = taken_back(step.before, annals, row["repo"], *said.words[1:3])
        told = TOLD & codes(row)
        if row["state"] in {"blocked", "up_to_date"} and sure and "conflict" not in codes(row):
            yield bool(told), f"{row['repo']}: {sure} was taken back: {said.told()}"
        yield possible or not told, f"{row['repo']}: nothing was taken back: {said.told()}"


def taken_back(
    seen: Seen, annals: Annals, repo: str, source: str, target: str
) -> tuple[list[str], bool]:
    """Return the roll-backs with which a promotion surely loses work, and whether others may be.

    Lines of a file may have been put back or changed again: what is right then, git cannot say.
    """
    graph = annals.graphs[repo]
    ours, theirs = seen.branch(repo, target), seen.branch(repo, source)
    own = graph.reached(ours) - graph.reached(theirs)
    near = [each for each in annals.rollbacks[repo] if each.sha in own]
    merge = graph.merge(ours, theirs) if near else None
    if merge is None or merge.conflicts:
        return [], bool(near)
    accepted = graph.accepted(ours)
    there, merged = graph.files(theirs), graph.files(merge.tree)

    def files(each: Rollback) -> set[str]:
        return {path for path in each.files.keys() & there.keys() if path not in merged}

    few = {each.sha for each in near if each.silent and len(files(each)) == 1}
    sure = [each.sha for each in near if files(each) and each.sha not in accepted | few]
    possible = any(there.get(path) != merged.get(path) for e in near for path in e.files)
    return sure, possible
