"""What an undo says."""

from __future__ import annotations

from collections.abc import Iterator

from tests.walk.annals import NOT_THERE, Annals, Step, later
from tests.walk.claims import DONE, Claims, finished, moving
from tests.walk.commands import LOOKING
from tests.walk.town import branch_of, stage_of


def undo_takes_back_all_or_says_why(step: Step, annals: Annals) -> Claims:
    """An undo reverts the operation in every repository, or the row says why not.

    If the undo was abandoned, the user knows why: then the row only says that it is not undone.
    """
    said = finished(step)
    if said is None or said.about != "undo" or said.dry or said.status != DONE:
        return
    undone = annals.undone_by(step)
    for repo in step.after.refs:
        row = next((each for each in said.rows if each["repo"] == repo), {})
        left = [*_left(undone, repo, step, annals)]
        given_up = said.command == "abandon" and row.get("state") in NOT_THERE
        reason = row.get("state") != "published" and bool(row.get("problems"))
        told = f"{undone} is undone, and {repo} has {left}: {said.told()}"
        yield not left or reason or given_up, told


def taken_back_went_back(step: Step, _: Annals) -> Claims:
    """Each branch that an undo says it has reverted really made that move.

    It did so while the undo ran, even if the push only arrived meanwhile; an undo that was
    continued may have done it before.
    """
    said = finished(step)
    if said is None or said.about != "undo" or said.dry or said.command in LOOKING:
        return
    for row in said.rows:
        repo = row["repo"]
        earlier = step.before.moved[repo] if said.command == "undo" else frozenset()
        went = {(m.branch, m.before, m.after) for m in step.after.moved[repo] - earlier}
        for move in moving(row) if row["state"] == "published" else ():
            way = (move["branch"], move["before"], move["after"])
            yield way in went, f"{repo} did not go {way}, only {went}: {said.told()}"


def denied_did_not_go_back(step: Step, annals: Annals) -> Claims:
    """A branch that is said not to be reverted was not, no matter who has pushed to it since."""
    said = finished(step)
    if said is None or said.about != "undo" or said.dry or said.command in LOOKING:
        return
    for row in (row for row in said.rows if row["state"] in NOT_THERE):
        repo = row["repo"]
        went = {(m.branch, m.before, m.after) for m in step.after.moved[repo]}
        for move in moving(row):
            way = (move["branch"], move["before"], move["after"] or "")
            now = annals.graphs[repo].reached(step.after.branch(repo, move["branch"]))
            gone = way in went and move["before"] not in now
            yield not gone, f"{repo} went {way}, and is called {row['state']}: {said.told()}"


def _left(operation: str, repo: str, step: Step, annals: Annals) -> Iterator[str]:
    """Yield what a remote still has of an operation."""
    yield from (f"the tag {tag}" for tag in annals.tags_of(operation, repo, step.after))
    for write in annals.writes[operation].get(repo, ()):
        if write.after in annals.graphs[repo].reached(step.after.branch(repo, write.branch)):
            yield f"{write.after[:7]} on {write.branch}"


def undo_leaves_what_went_further(step: Step, annals: Annals) -> Claims:
    """Nothing is reverted that is deployed somewhere, or that a later stage already has."""
    said = finished(step)
    if said is None or said.about != "undo":
        return
    taken = [row for row in said.rows if row["state"] == ("planned" if said.dry else "published")]
    for row in taken:
        goes = {move["branch"]: move for move in moving(row)}
        for branch, move in goes.items():
            repo, commit = row["repo"], move["before"]
            runs = [run.key for run in step.before.runs if (run.repo, run.sha) == (repo, commit)]
            yield not runs, f"{repo}: {branch} is taken back, and was deployed by {runs}"
            for stage in later(stage_of(repo, branch)):
                above = branch_of(repo, stage)
                tip = step.before.branch(repo, above)
                left = goes[above]["after"] if above in goes else tip  # it is reverted as well
                there = commit in annals.graphs[repo].reached(left)
                yield not there, f"{repo}: {branch} is taken back, and {stage} has it"
