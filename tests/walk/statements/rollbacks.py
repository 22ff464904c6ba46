"""What a roll-back does: the old files, or the old commit deployed, and the commits that leave."""

from __future__ import annotations

import re

from tests.torture.objects import TAGS
from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, finished
from tests.walk.commands import Row, Said, redeploys
from tests.walk.statements.holds import holds

OWN = re.compile(r"^(Rolls-back-to|Reapplies): [0-9a-f]+$", re.MULTILINE)  # no work
AGAIN = re.compile(r"^(\d+) rolled-back commits? go(?:es)? out again")


def a_restore_has_the_old_files(step: Step, annals: Annals) -> Claims:
    """A restore is one commit on top of the branch, with exactly the files of the release."""
    said = finished(step)
    if said is None or said.about != "rollback" or said.dry:
        return
    for row in said.rows if said.command in {"rollback", "continue"} else ():
        for each in _back(row) if row["state"] == "published" else ():
            if redeploys(each):
                continue
            graph = annals.graphs[row["repo"]]
            made, old = graph.commit(each["after"]), graph.commit(each["to"])
            told = f"{row['repo']}: {made} restores {each['to']}: {said.told()}"
            yield made.parents == (each["before"],), told
            yield made.tree == old.tree, told
            yield f"\nRolls-back-to: {each['to']}\n" in f"{graph.message(each['after'])}\n", told


def it_goes_back_to_the_release(step: Step, annals: Annals) -> Claims:
    """The old commit is that of the release's tag, and what is deployed again is that commit."""
    said = finished(step)
    if said is None or said.command != "rollback":
        return
    release = _named(said)
    for row in said.rows:
        tag = step.before.refs[row["repo"]].get(f"{TAGS}{release}", "")
        stood = annals.graphs[row["repo"]].peeled(tag)
        for each in _back(row):
            yield each["to"] == stood or not tag, f"{row['repo']} goes to {each}, not {stood}"
            for run in step.after.runs[len(step.before.runs) :]:
                if redeploys(each) and (run.operation, run.repo) == (said.operation, row["repo"]):
                    yield run.sha == each["to"], f"{run.key} deploys {run.sha}, told {each}"


def what_leaves_is_counted(step: Step, annals: Annals) -> Claims:
    """The commits that leave a stage are as many as git finds; multigit's own do not count."""
    said = finished(step)
    if said is None or step.loose:
        return
    total = 0
    for row in said.rows:
        graph = annals.graphs[row["repo"]]
        for each in _back(row):
            left = graph.own([each["before"]], [each["to"]])
            count = sum(not OWN.search(graph.message(sha)) for sha in left)
            total += count
            yield each["commits"] == count, f"{row['repo']}: {count} leave, told {each}"
    told = re.search(r"That takes (\d+) commits? back\.", said.message)
    if said.command == "rollback" and said.result == "planned":
        yield int(told[1] if told else 0) == total, f"{total} leave: {said.told()}"


def what_goes_out_again_is_counted(step: Step, annals: Annals) -> Claims:
    """The commits that a hold kept from going out are as many as git finds."""
    said = finished(step)
    if said is None or step.loose:
        return
    held = holds(step.before, annals, said.workspace)
    for row in said.rows:
        for problem in row.get("problems") or ():
            told = AGAIN.match(problem["message"])
            repos = held.get((said.document or {}).get("target", ""), {}).get("repos", {})
            if told and row["repo"] in repos:
                hold, graph = repos[row["repo"]], annals.graphs[row["repo"]]
                out = graph.own([hold["bad"]], [hold["to"]])
                count = sum(not OWN.search(graph.message(sha)) for sha in out)
                yield int(told[1]) == count, f"{row['repo']}: {count} go out, told {problem}"


def _back(row: Row) -> list[Row]:
    """Return the steps with which a repository goes back."""
    return [each for each in row.get("steps") or () if each["type"] == "rollback"]


def _named(said: Said) -> str:
    """Return the release that was named, or an empty string."""
    named = said.words[2:3]
    return named[0] if named and not named[0].startswith("-") else ""
