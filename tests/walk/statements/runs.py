"""What is said of deployments, compared with the ledger of those that really began."""

from __future__ import annotations

from collections import Counter

from tests.torture.objects import TAGS
from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, codes, finished

DOUBT = "deployment_in_doubt"


def a_deployment_begins_once(step: Step, _: Annals) -> Claims:
    """No attempt of an operation to deploy a repository to a target begins twice."""
    twice = [key for key, times in Counter(step.after.begun).items() if times > 1]
    yield not twice, f"{twice} began more than once"


def deployments_are_as_told(step: Step, _: Annals) -> Claims:
    """What is called deployed succeeded, what is called failed did not, the rest never began."""
    said = finished(step, "status", "log", "pull")
    if said is None or said.dry:
        return
    for key, state in said.deployments:
        runs = [run for run in step.after.runs if run.key == key]
        told = f"{key} is called {state}, and there is {runs}: {said.told()}"
        match state:
            case "succeeded":
                yield [run.status for run in runs] == [0], told
            case "failed":
                yield all(run.status != 0 for run in runs), told
            case "not_started":
                yield not runs, told


def what_is_deployed_is_the_release(step: Step, annals: Annals) -> Claims:
    """A promotion deploys exactly the commit that its tag names."""
    for run in step.after.runs[len(step.before.runs) :]:
        tag = annals.releases[run.operation].get(run.repo, "")
        there = step.after.refs[run.repo].get(f"{TAGS}{tag}", "")
        commit = annals.graphs[run.repo].peeled(there)
        yield not there or run.sha == commit, f"{run.key} deployed {run.sha}, {tag} is {commit}"


def a_doubt_is_decided_by_a_person(step: Step, _: Annals) -> Claims:
    """Beside a deployment whose result is unknown, one begins only with --accept-doubt."""
    said = finished(step)
    if said is None or said.command not in {"promote", "push", "deploy"}:
        return
    accepted = "--accept-doubt" in said.words
    new = step.after.begun[len(step.before.begun) :]
    for row in said.rows:
        if DOUBT in codes(row):
            begun = [key for key in new if key.split("/")[1] == row["repo"]]
            told = f"{row['repo']} is unknown, {begun} began: {said.told()}"
            yield accepted or not begun, told
            noted = [each["repo"] for each in (said.document or {}).get("accepted", ())]
            yield not begun or row["repo"] in noted, told
