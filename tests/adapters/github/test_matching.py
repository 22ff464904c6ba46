"""Finding the run that an order began: the right one, or none."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from multigit.adapters.github import requester
from multigit.core.values.deploy_config import GithubRunner
from tests.doubles.conftest import REPO
from tests.doubles.github import GitHub, faults
from tests.support.forge import ForgeRepo

from .hubs import DISPATCHED, KEY, KEYED, LISTING, PUSHED, refused, runs_at, spec


def colleague(hub: GitHub, token: str = "none", ref: str = "main") -> str:
    """Start the deploying workflow as a colleague does; the run's number."""
    return str(hub.start(REPO, "deploy.yml", ref, inputs={"release": "r1", "token": token}).id)


def found(hub: GitHub, api: ForgeRepo, runner: GithubRunner = DISPATCHED, **changes: object) -> str:
    """Return the number of the run that is found for an order, or empty."""
    run = runs_at(hub).find(spec(api, runner, **changes))
    return run.id if run else ""


def test_nothing_is_found_where_nothing_began(hub: GitHub, api: ForgeRepo) -> None:
    """One request tells."""
    assert found(hub, api) == ""
    assert (hub.count(LISTING), hub.count()) == (1, 1)


def test_the_only_run_of_the_commit_is_it(hub: GitHub, api: ForgeRepo) -> None:
    """The event, the workflow, the ref, the commit and the time fit."""
    number = colleague(hub)
    assert found(hub, api) == number


def test_a_run_at_another_commit_or_ref_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """A colleague's run does not become ours."""
    colleague(hub, ref="deploy-1")
    assert found(hub, api) == ""
    colleague(hub)
    assert found(hub, api, sha="0" * 40) == ""


def test_a_run_from_before_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """Some seconds may lie between two clocks, a minute not."""
    colleague(hub)
    assert found(hub, api, since=time.time() + 60) == ""


def test_two_runs_that_could_be_it_are_a_doubt(hub: GitHub, api: ForgeRepo) -> None:
    """It says which, and how to tell them apart."""
    numbers = [colleague(hub) for _ in range(2)]
    error = refused(lambda: found(hub, api))
    assert error.code == "runs_alike"
    assert all(number in error.message for number in numbers)
    assert "{key}" in error.hint


def test_the_key_in_its_name_tells_a_run(hub: GitHub, api: ForgeRepo) -> None:
    """Also among others of the same commit, and when the branch has moved on."""
    colleague(hub)
    colleague(hub, f"{KEY}0")
    api.commit("main", {"a": "1"})
    number = colleague(hub, KEY)
    assert found(hub, api, KEYED, sha="0" * 40) == number


def test_the_key_of_another_order_is_another_run(hub: GitHub, api: ForgeRepo) -> None:
    """An earlier attempt of the same operation is not taken for this one."""
    colleague(hub, "promote-7/api/nrt/0")
    assert found(hub, api, KEYED) == ""


def test_a_run_that_belongs_to_another_order_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """What was handed out once is not handed out again."""
    runs = runs_at(hub)
    first = runs.start(spec(api))
    assert runs.find(spec(api, key="promote-7/api/fra/1")) is None
    assert runs.find(spec(api)) == first


def test_the_run_of_another_target_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """An earlier multigit knew whose it is; both began within seconds, at the same commit."""
    first, second = colleague(hub), colleague(hub)
    assert found(hub, api, others=frozenset({first})) == second
    assert found(hub, api, others=frozenset({first, second})) == ""


def test_a_late_run_is_found_later(hub: GitHub, api: ForgeRepo) -> None:
    """A listing that lags behind shows nothing, and nothing else is taken for it."""
    hub.late(REPO, 2)
    number = colleague(hub)
    assert [found(hub, api) for _ in range(3)] == ["", "", number]


def test_the_clock_of_the_host_counts(
    hub: GitHub, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers are dated, which tells by how much ours is ahead."""
    number = colleague(hub)
    ahead = time.time() + 300
    assert found(hub, api, since=ahead) == ""
    monkeypatch.setattr(requester, "time", SimpleNamespace(time=lambda: ahead, sleep=None))
    assert found(hub, api, since=ahead) == number


def test_the_run_of_a_push_is_found(hub: GitHub, api: ForgeRepo) -> None:
    """By its commit, its event, its workflow and its ref."""
    hub.push_seen(REPO)
    sha = api.commit("main", {"a": "1"})
    assert found(hub, api, PUSHED) == str(hub.runs()[0].id)
    assert (hub.runs()[0].sha, found(hub, api, PUSHED, sha="0" * 40)) == (sha, "")


def test_the_run_of_an_old_push_is_not_it(hub: GitHub, api: ForgeRepo) -> None:
    """An hour may lie between a push and its order, no more; the newest push counts."""
    hub.push_seen(REPO)
    api.commit("main", {"a": "1"})
    assert found(hub, api, PUSHED, since=time.time() + 1800) == str(hub.runs()[0].id)
    assert found(hub, api, PUSHED, since=time.time() + 7200) == ""


def test_of_branch_and_tag_the_wanted_ref_counts(hub: GitHub, api: ForgeRepo) -> None:
    """One push of both starts two runs; `ref` says which one deploys."""
    sha = api.commit("main", {"a": "1"})
    api.remote_git("tag", "v1", sha)
    hub.push_seen(REPO)
    by_ref = {run.ref: str(run.id) for run in hub.runs()}
    assert found(hub, api, PUSHED, tag="v1") == by_ref["main"]
    assert found(hub, api, replace(PUSHED, ref="tag"), tag="v1") == by_ref["v1"]


def test_a_push_that_starts_only_the_other_ref_is_found(hub: GitHub, api: ForgeRepo) -> None:
    """The workflow listens to branches, and the tag was wanted."""
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
    """Not to know is not the same as not to be there."""
    hub.inject(fault, operation=LISTING)
    assert refused(lambda: found(hub, api)).code == code
