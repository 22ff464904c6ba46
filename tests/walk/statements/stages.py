"""Which repositories take part: those that have the stages, between branches of their own."""

from __future__ import annotations

from collections.abc import Sequence

from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, codes, finished, moving
from tests.walk.commands import LOOKING
from tests.walk.town import branch_of, pairs_of, stage_named, stages_of

LEFT_OUT = {"no_stage", "not_neighbours"}
STARTING = {"promote", "push", "backmerge", "deploy", "rollback", "pull"}


def only_what_has_the_stages_takes_part(step: Step, _: Annals) -> Claims:
    """A repository is left out, with the reason, exactly if it lacks a stage of the command."""
    said = finished(step)
    if said is None or said.command not in STARTING or said.result == "error":
        return
    for row in said.rows:
        out, told = bool(LEFT_OUT & codes(row)), f"{row['repo']} is {row['state']}: {said.told()}"
        yield out != takes_part(row["repo"], said.words), told
        yield not out or row["state"] == "skipped", told


def merges_join_neighbors(step: Step, annals: Annals) -> Claims:
    """A merge joins two stages that are neighbors in its repository, and their branches there."""
    said = finished(step, "pull", *LOOKING)
    for row in said.rows if said else ():
        repo, graph = row["repo"], annals.graphs[row["repo"]]
        for move in moving(row):
            if move["type"] != "merge":
                continue
            ends = (move["source"], move["target"])
            told = f"{repo} merges {move}"
            yield {ends, ends[::-1]} & {*pairs_of(repo)} != set(), told
            yield move["branch"] == branch_of(repo, move["target"]), told
            if row["state"] == "published" and not step.loose:
                tip = step.after.branch(repo, branch_of(repo, move["source"]))
                yield move["source_sha"] in graph.reached(tip), told


def takes_part(repo: str, words: Sequence[str]) -> bool:
    """Return whether a repository has the stages of a command as neighbors."""
    own, pairs = stages_of(repo), pairs_of(repo)
    both = {*pairs, *(pair[::-1] for pair in pairs)}
    match [stage_named(word) for word in words]:
        case ["promote", source, target, *_]:
            return (source, target) in both
        case ["push", stage, "--promote", target, *_]:
            return (stage, target) in both
        case ["backmerge", stage, *_] if not stage.startswith("-"):
            return stage in own[1:]
        case ["backmerge", *_]:
            return "main" in own[1:]
        case [_, stage, *_]:
            return stage in own
    return False
