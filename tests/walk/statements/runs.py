"""What is said of deployments, compared with the ledger of those that really began."""

from __future__ import annotations

from collections import Counter

from tests.torture.objects import TAGS
from tests.walk.annals import Annals, Step
from tests.walk.claims import Claims, finished
from tests.walk.statements.doubts import unknown


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
                yield all(run.status not in {0, None} for run in runs), told
            case "unknown":
                yield all(unknown(step.before, run) for run in runs), told
            case "not_started":
                yield not runs, told


def what_is_deployed_is_the_release(step: Step, annals: Annals) -> Claims:
    """A promotion deploys exactly the commit that its tag names."""
    for run in step.after.runs[len(step.before.runs) :]:
        tag = annals.releases[run.operation].get(run.repo, "")
        there = step.after.refs[run.repo].get(f"{TAGS}{tag}", "")
        commit = annals.graphs[run.repo].peeled(there)
        yield not there or run.sha == commit, f"{run.key} deployed {run.sha}, {tag} is {commit}"
