"""Finding the run that belongs to a spec: the right one or none."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest

from multigit.adapters.github import requester
from multigit.core.values.deploy_config import GithubRunner
from tests.doubles.conftest import REPO
from tests.doubles.github import GitHub, Repository, faults
from tests.support.forge import ForgeRepo

from .hubs import DISPATCHED, KEY, KEYED, LISTING, PUSHED, refused, runs_at, spec


def colleague(hub: GitHub, token: str = "none", ref: str = "main") -> str:
    """Start the same workflow as a colleague would, and return the run's id."""
    return str(hub.start(REPO, "deploy.yml", ref, inputs={"release": "r1", "token": token}).id)


def found(hub: GitHub, api: ForgeRepo, runner: GithubRunner = DISPATCHED, **changes: object) -> str:
    """Return the id of the run that is found for a spec, or an empty text."""
    run = runs_at(hub).find(spec(api, runner, **changes))
    return run.id if run else ""


def test_no_run_is_found_if_none_started(hub: GitHub, api: ForgeRepo) -> None:
    """Finding that out takes one request."""
    assert found(hub, api) == ""
    assert (hub.count(LISTING), hub.count()) == (1, 1)


def test_the_only_run_of_the_commit_is_it(hub: GitHub, api: ForgeRepo) -> None:
    """The event, workflow, ref, commit and time all match."""
    number = colleague(hub)
    assert found(hub, api) == number


def test_a_run_at_another_commit_or_ref_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """A colleague's run is not taken for ours."""
    colleague(hub, ref="deploy-1")
    assert found(hub, api) == ""
    colleague(hub)
    assert found(hub, api, sha="0" * 40) == ""


def test_a_run_from_before_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """Clocks may differ by some seconds, but not by a minute."""
    colleague(hub)
    assert found(hub, api, since=time.time() + 60) == ""


@pytest.mark.parametrize(
    ("on", "ref", "watched"),
    [
        ("{branches: [main], tags: ['deploy-*']}", "branch", "main"),
        ("{branches: [main], tags: ['deploy-*']}", "tag", "deploy-1"),
        ("{tags: ['deploy-*']}", "branch", "deploy-1"),
    ],
)
def test_of_two_runs_of_a_push_the_announced_one_is_watched(
    api: ForgeRepo, on: str, ref: Literal["branch", "tag"], watched: str
) -> None:
    """However late it appears: the other one is not taken for it."""
    file = f"on: {{push: {on}}}\n"
    runner = replace(PUSHED, workflow="twice.yml", ref=ref)
    with GitHub({REPO: Repository(api.bare)}) as double:
        sha = api.commit("main", {".github/workflows/twice.yml": file})
        api.remote_git("tag", "--force", "--annotate", "--message", "m", "deploy-1", sha)
        runs = runs_at(double, api=api)
        wanted = spec(api, runner, sha=sha, since=time.time() - 60)
        double.push_seen(REPO)
        for run in double.runs():
            if run.ref == watched:
                mine = run
                double.world.keep(replace(run, hidden=1))
        assert runs.find(wanted) is None
        found = runs.find(wanted)
    assert found
    assert found.id == str(mine.id)


def test_a_workflow_that_never_ran_has_no_runs(api: ForgeRepo) -> None:
    """GitHub learns of a workflow outside the default branch with its first run."""
    runner = replace(PUSHED, workflow="new.yml")
    file = "on: {push: {branches: [main], paths: ['src/**']}}\n"
    sha = api.commit("main", {".github/workflows/new.yml": file})
    with GitHub({REPO: Repository(api.bare, default_branch="dev")}) as double:
        runs, wanted = runs_at(double, api=api), spec(api, runner, sha=sha)
        assert runs.find(wanted) is None
        idle = runs.idle(wanted)
    assert idle
    assert (idle.code, idle.end) == ("path_filter", "skipped")


def test_two_runs_that_could_be_it_are_an_error(hub: GitHub, api: ForgeRepo) -> None:
    """The error names them, and says how to distinguish them."""
    numbers = [colleague(hub) for _ in range(2)]
    error = refused(lambda: found(hub, api))
    assert error.code == "runs_alike"
    assert all(number in error.message for number in numbers)
    assert "{key}" in error.hint


def test_the_key_in_its_name_identifies_a_run(hub: GitHub, api: ForgeRepo) -> None:
    """It is found among others of the same commit, and after the branch has moved."""
    colleague(hub)
    colleague(hub, f"{KEY}0")
    api.commit("main", {"a": "1"})
    number = colleague(hub, KEY)
    assert found(hub, api, KEYED, sha="0" * 40) == number


def test_the_key_of_another_deployment_is_another_run(hub: GitHub, api: ForgeRepo) -> None:
    """That of an earlier attempt of the same operation, or of another operation."""
    colleague(hub, "promote-7/api/nrt/0")
    colleague(hub, "20250115T150130Z-deploy-stg-0a1b/api/1")
    assert found(hub, api, KEYED) == ""


def test_without_its_key_no_run_is_ours(hub: GitHub, api: ForgeRepo) -> None:
    """A colleague's run of the same commit is not taken for it, even if it is the only one.

    It may be ours if the workflow's run-name shows no key, so that is unknown, not a guess.
    """
    number = colleague(hub)
    error = refused(lambda: found(hub, api, KEYED))
    assert error.code == "runs_alike"
    assert number in error.message
    assert "run-name" in error.hint
    ours = colleague(hub, KEY)
    assert found(hub, api, KEYED) == ours


def test_a_run_of_another_deployment_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """A run that belongs to one spec is not returned for another."""
    runs = runs_at(hub)
    first = runs.start(spec(api))
    assert runs.find(spec(api, key="promote-7/api/fra/1")) is None
    assert runs.find(spec(api)) == first


def test_the_run_of_another_target_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """Both started within seconds at the same commit, but an earlier attempt recorded the id."""
    first, second = colleague(hub), colleague(hub)
    assert found(hub, api, others=frozenset({first})) == second
    assert found(hub, api, others=frozenset({first, second})) == ""


def test_a_late_run_is_found_later(hub: GitHub, api: ForgeRepo) -> None:
    """While the listing is out of date, no other run is taken for it."""
    hub.late(REPO, 2)
    number = colleague(hub)
    assert [found(hub, api) for _ in range(3)] == ["", "", number]


def test_the_clock_of_the_host_counts(
    hub: GitHub, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dates of its answers show how much our clock is off."""
    number = colleague(hub)
    ahead = time.time() + 300
    assert found(hub, api, since=ahead) == ""
    monkeypatch.setattr(requester, "time", SimpleNamespace(time=lambda: ahead, sleep=None))
    assert found(hub, api, since=ahead) == number


def test_the_run_of_a_push_is_found(hub: GitHub, api: ForgeRepo) -> None:
    """The commit, event, workflow and ref match."""
    hub.push_seen(REPO)
    sha = api.commit("main", {"a": "1"})
    assert found(hub, api, PUSHED) == str(hub.runs()[0].id)
    assert (hub.runs()[0].sha, found(hub, api, PUSHED, sha="0" * 40)) == (sha, "")


def test_the_run_of_an_old_push_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """A push may be at most an hour older than its deployment."""
    hub.push_seen(REPO)
    api.commit("main", {"a": "1"})
    assert found(hub, api, PUSHED, since=time.time() + 1800) == str(hub.runs()[0].id)
    assert found(hub, api, PUSHED, since=time.time() + 7200) == ""


def test_of_branch_and_tag_the_wanted_ref_counts(hub: GitHub, api: ForgeRepo) -> None:
    """A push of both starts two runs, and `ref` says which one deploys."""
    sha = api.commit("main", {"a": "1"})
    api.remote_git("tag", "v1", sha)
    hub.push_seen(REPO)
    by_ref = {run.ref: str(run.id) for run in hub.runs()}
    assert found(hub, api, PUSHED, tag="v1") == by_ref["main"]
    assert found(hub, api, replace(PUSHED, ref="tag"), tag="v1") == by_ref["v1"]


def test_a_push_that_starts_only_the_other_ref_is_found(hub: GitHub, api: ForgeRepo) -> None:
    """The spec asks for the tag, but the workflow only runs for branches."""
    api.commit("main", {"a": "1"})
    hub.push_seen(REPO)
    assert found(hub, api, replace(PUSHED, ref="tag")) == str(hub.runs()[0].id)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.no_json(), "github_no_json"),
        (faults.error(404, "Not Found"), "github_missing"),
        (faults.error(422, "no"), "github_refused"),
    ],
)
def test_a_listing_that_cannot_be_read_is_an_error(
    hub: GitHub, api: ForgeRepo, fault: faults.Fault, code: str
) -> None:
    """An unreadable listing does not mean that there is no run."""
    hub.inject(fault, operation=LISTING)
    assert refused(lambda: found(hub, api)).code == code
