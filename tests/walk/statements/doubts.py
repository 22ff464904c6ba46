"""Deployments of which something may still be running, according to the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator

from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, codes, finished
from tests.walk.commands import Said
from tests.walk.seen import ENDED, Run, Seen

DOUBT, RUNNING = "deployment_in_doubt", "still_deploying"
ACCEPTING = "--accept-doubt"


def nothing_starts_beside_another(step: Step, _: Annals) -> Claims:
    """No deployment begins while another one, or a rerun, is running in its place."""
    for run in started(step):
        yield not run.beside, f"{run.key} began while {run.beside} were running"


def a_doubt_is_decided_by_a_person(step: Step, _: Annals) -> Claims:
    """Where the result of a deployment is unknown, one begins only with --accept-doubt."""
    said = step.said
    for run in started(step):
        if said is None or not _starts(step, said, run):
            continue  # what an earlier command started began late
        doubts = {each.key for each in last_runs(step.before, run) if unknown(step.before, each)}
        told = f"{run.key} began, and {doubts} are unknown: {said.told()}"
        yield not doubts or ACCEPTING in said.words, told
        if doubts and said.document is not None:
            noted = {each["about"] for each in said.document.get("accepted", ())}
            known = {key for key in doubts if noted & {key, key.partition("/")[0]}}
            yield (
                doubts == known,
                f"accepted is {noted}: {told}",
            )  # or its operation, without details


def only_what_may_run_blocks(step: Step, _: Annals) -> Claims:
    """Nothing is called unknown, or running, that has ended and could be looked at."""
    said = finished(step)
    if said is None or step.loose:
        return
    for row in said.rows:
        place = (said.workspace, row["repo"])
        known = [run for run in step.before.runs if (run.by, run.repo) == place]
        unsure = lost_requests(step.before, *place)
        told = f"{row['repo']} ran {known}: {said.told()}"
        if DOUBT in codes(row):
            doubts = [run for run in latest(step.before) if unknown(step.before, run)]
            yield unsure or any(run in known for run in doubts), told
        if RUNNING in codes(row):
            yield unsure or any(run.running and not run.lost for run in known), told


def what_is_noted_of_an_end_is_true(step: Step, _: Annals) -> Claims:
    """What journals and logs newly call succeeded or failed did so."""
    runs = {run.key: run for run in step.after.runs}
    for here, noted in step.after.noted.items():
        for key, state in noted.items():
            if step.before.noted[here].get(key) == state:
                continue
            ends = runs[key].ends if key in runs else ()
            if state == "succeeded":
                yield 0 in ends, f"{key} is noted as {state}, and ended {ends}"
            if state == "failed" and key in runs:
                yield any(ends), f"{key} is noted as {state}, and ended {ends}"


def started(step: Step) -> tuple[Run, ...]:
    """Return the deployments that began in a step."""
    return step.after.runs[len(step.before.runs) :]


def _starts(step: Step, said: Said, run: Run) -> bool:
    """Return whether this command started a run."""
    if run.by != said.workspace:
        return False
    if said.operation:
        return run.operation == said.operation
    before, after = (each.unfinished[run.by] for each in (step.before, step.after))
    ours = said.command == "continue" or run.operation not in before
    return run.operation in after and ours and not step.loose


def latest(seen: Seen) -> Iterator[Run]:
    """Yield the runs that none later has replaced."""
    for number, run in enumerate(seen.runs):
        if not any(other.replaces(run) for other in seen.runs[number + 1 :]):
            yield run


def last_runs(seen: Seen, new: Run) -> Iterator[Run]:
    """Yield the last run of each target of a repository and stage, of the workspace of `new`."""
    return (run for run in latest(seen) if run.near(new))


def unknown(seen: Seen, run: Run) -> bool:
    """Return whether no one knows how a run ended: it was not seen, and its trace is lost."""
    return run.lost and seen.noted[run.by].get(run.key) not in ENDED


def lost_requests(seen: Seen, workspace: str, repo: str) -> bool:
    """Return whether a deployment was noted as requested of which nothing ever began."""
    return any(
        state not in {*ENDED, "not_started"} and key not in seen.begun
        for key, state in seen.noted[workspace].items()
        if key.split("/")[1] == repo
    )
