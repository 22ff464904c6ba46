"""What is said of the remotes: what is there, what is not, what moved, what is kept."""

from __future__ import annotations

import re

from tests.torture.objects import HEADS, LOCKS, MARKS, TAGS
from tests.walk.annals import NOT_THERE, Annals, Step
from tests.walk.claims import UNCHANGING, Claims, codes, finished, moving
from tests.walk.commands import LOOKING, Row, Said
from tests.walk.seen import Graph


def published_is_there(step: Step, annals: Annals) -> Claims:
    """Each branch of a published repository has its commit, and the tag names it."""
    said = finished(step, "undo", "pull", "deploy", *LOOKING)
    if said is None or said.dry:
        return
    for row in said.rows:
        if row["state"] == "published":
            yield from _is_there(step, annals, row)


def _is_there(step: Step, annals: Annals, row: Row) -> Claims:
    repo, graph = row["repo"], annals.graphs[row["repo"]]
    for move in moving(row):
        after = move["after"]
        there = after in graph.reached(step.after.branch(repo, move["branch"]))
        yield there, f"{repo} is called published, {move['branch']} lacks {after}"
        if there and move["type"] == "merge":
            parents, wanted = graph.commit(after).parents, _wanted(graph, move)
            yield parents == wanted, f"{repo}: {after} has the parents {parents}, not {wanted}"
    if row["tag"]:
        commit = graph.peeled(step.after.refs[repo].get(f"{TAGS}{row['tag']}", ""))
        told = f"{repo} is called published, {row['tag']} leads to {commit!r}"
        yield commit == row["after"], told


def _wanted(graph: Graph, move: Row) -> tuple[str, str]:
    """Return the parents of a merge: one of them has the work that it brings back, if any."""
    wanted = (str(move["before"]), str(move["source_sha"]))
    if back := move["reapplies"]:
        (below,) = graph.commit(back["sha"]).parents
        return tuple(back["sha"] if each == below else each for each in wanted)  # type: ignore[return-value]
    return wanted


def not_published_is_not_there(step: Step, annals: Annals) -> Claims:
    """Nothing of a repository that is called not published is on its remote."""
    said = finished(step, "undo", "pull", "deploy", "watch")
    if said is None or said.dry:
        return
    for row in said.rows:
        if row.get("state") not in NOT_THERE or "half_published" in codes(row):
            continue
        repo, graph = row["repo"], annals.graphs[row["repo"]]
        tags = annals.tags_of(said.operation, repo, step.after)
        yield not tags, f"{repo} is called {row['state']}, and has {tags}"
        for move in moving(row):
            there = move["after"] in graph.reached(step.after.branch(repo, move["branch"]))
            yield not there, f"{repo} is called {row['state']}, and {move['branch']} has its commit"


def denied_never_comes(step: Step, annals: Annals) -> Claims:
    """What is said not to be on a remote appears later only if the operation is continued."""
    allowed = set[str]()
    if step.said and step.said.command == "continue":
        allowed = {step.said.operation, *step.before.unfinished[step.said.workspace]}
    for repo in step.after.refs:
        for what in _new(step, annals, repo) - _pushed_again(step, annals, repo):
            denial = annals.denied.get((repo, what))
            came = denial is not None and denial.operation not in allowed
            told = f"{denial.why}, and {what} came later" if denial else ""
            yield not came, f"{repo}: {told}"


def _new(step: Step, annals: Annals, repo: str) -> set[str]:
    """Return the commits that reached a remote in a step, and the operations whose tags did."""
    return {
        *(annals.reached(repo, step.after) - annals.reached(repo, step.before)),
        *(
            annals.operation_of(repo, step.after, ref.removeprefix(TAGS))
            for ref, (_, now) in step.after.changed(repo, step.before).items()
            if now and ref.startswith(TAGS)
        ),
    }


def _pushed_again(step: Step, annals: Annals, repo: str) -> frozenset[str]:
    """Return the local commits that a push included: an earlier push may have been refused."""
    if step.said is None or step.said.command != "push" or step.said.dry:
        return frozenset()
    return annals.graphs[repo].own(
        *(annals.heads(repo, seen) for seen in (step.after, step.before))
    )


def only_what_was_said_moved(step: Step, annals: Annals) -> Claims:
    """Every ref of a remote that moved was reported, and moved to where the report says."""
    said = finished(step)
    if said is None or step.loose:
        return
    rows = {row["repo"]: row for row in said.rows}
    for repo in step.after.refs:
        told = _told(rows.get(repo, {}), said)
        for ref, (was, now) in step.after.changed(repo, step.before).items():
            if ref.startswith(LOCKS):  # see statements/locks.py
                continue
            if ref.startswith(MARKS):  # see statements/marks.py
                yield _marks(said, ref), f"{repo}: {ref} was set: {said.told()}"
                continue
            right = told.get(ref) == annals.graphs[repo].peeled(now)
            yield right, f"{repo}: {ref} went from {was!r} to {now!r}, told {told}: {said.told()}"


def _marks(said: Said, ref: str) -> bool:
    """Return whether a command was to set this ref: that of the release that it marks."""
    return said.command == "mark" and ref == f"{MARKS}{said.words[1]}"


def _told(row: Row, said: Said) -> dict[str, str]:
    """Return where refs are now, according to a row."""
    if said.dry or row.get("state") not in {"published", "unknown", "failed"}:
        return {}
    told = {f"{HEADS}{move['branch']}": str(move["after"] or "") for move in moving(row)}
    deleted = (step for step in row.get("steps") or () if step["type"] == "delete_tag")
    told |= {f"{TAGS}{step['name']}": "" for step in deleted}
    if row["tag"]:
        told[f"{TAGS}{row['tag']}"] = str(row["after"] or told.get(f"{HEADS}{row['branch']}", ""))
    return told


def nothing_changed_where_it_says_so(step: Step, annals: Annals) -> Claims:
    """No ref moves and nothing is deployed when multigit says or implies that nothing changes."""
    said = finished(step)
    if said is None or step.loose:
        return
    words = " ".join((said.message, *said.advice))
    quiet = said.dry or said.command in LOOKING or said.result in UNCHANGING
    if not (quiet or re.search(r"Nothing was (changed|published)", words)):
        return
    for repo in step.after.refs:
        refs = step.after.changed(repo, step.before).items()
        changed = {
            ref: both for ref, both in refs if not (ref.startswith(LOCKS) or _marks(said, ref))
        }
        yield not changed, f"{repo}: {changed}, but {said.told()}"
    begun = {*step.after.begun[len(step.before.begun) :]} - annals.may_begin
    own = [key for key in begun if key.startswith(f"{said.operation}/")]  # others may be late
    yield not own, f"{own} began, but {said.told()}"


def no_commit_is_lost(step: Step, annals: Annals) -> Claims:
    """A commit on a branch of a remote stays on one, unless an undo says that it removed it."""
    said = step.said
    silent = said is not None and (said.document is None or said.gave_up_waiting)
    cut_undo = bool(said and said.about == "undo" and silent)
    for repo in step.after.refs:
        missing = annals.ever[repo] - annals.excused[repo] - annals.reached(repo, step.after)
        annals.excused[repo] |= missing
        if not (cut_undo or annals.undo_cut_short):
            lost = sorted(missing - _taken_back(said, repo, annals))
            yield not lost, f"{repo}: {lost} are on no branch any more"


def _taken_back(said: Said | None, repo: str, annals: Annals) -> set[str]:
    """Return the commits that an undo says it has removed from their branches."""
    found, graph = set[str](), annals.graphs[repo]
    for row in said.rows if said and said.about == "undo" else ():
        if (row["repo"], row["state"]) == (repo, "published"):
            for move in moving(row):
                found |= graph.reached(move["before"]) - graph.reached(move["after"] or "")
    return found
