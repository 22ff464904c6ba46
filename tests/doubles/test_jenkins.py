"""The double of Jenkins: a build from its request to its result, and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from . import jenkins as doubled
from .jenkins import API_TOKEN, USER, Jenkins, Job, Start

JOB = "shop/deploy api"
PATH = "/job/shop/job/deploy%20api"
PARAMS = {"RELEASE": "r1", "STRANGE": "x"}
STARTED = Start(JOB, (("RELEASE", "r1"),))


@pytest.fixture
def jenkins() -> Iterator[Jenkins]:
    job = Job(frozenset({"RELEASE"}))
    with Jenkins({JOB: job, "shop/web": job, "closed": Job(buildable=False)}) as double:
        yield double


def build(double: Jenkins, path: str = PATH, **params: str) -> requests.Response:
    """Request a build, without following redirects."""
    return requests.post(
        f"{double.url}{path}/buildWithParameters",
        data={**PARAMS, **params},
        auth=(USER, API_TOKEN),
        allow_redirects=False,
        timeout=30,
    )


def get(url: str, **query: str) -> Any:
    """Request JSON."""
    answer = requests.get(f"{url}api/json", query, auth=(USER, API_TOKEN), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_build_from_the_queue_to_its_result(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["waiting", "blocked", "building", "building", "FAILURE"])
    item = build(jenkins).headers["Location"]
    seen = [get(item) for _ in range(3)]
    assert [one["why"] is not None for one in seen] == [True, True, False]
    assert "executable" not in seen[1]
    assert seen[2]["executable"]["number"] == 1
    url = seen[2]["executable"]["url"]
    tree = {"tree": "building,result,number"}
    assert [get(url, **tree) for _ in range(3)] == [
        {"building": True, "result": None, "number": 1},
        {"building": True, "result": None, "number": 1},
        {"building": False, "result": "FAILURE", "number": 1},
    ]
    assert get(item)["executable"]["number"] == 1
    assert jenkins.starts == {STARTED: 1}


def test_equal_request_gets_the_item_that_waits(jenkins: Jenkins) -> None:
    first, same, other = build(jenkins), build(jenkins), build(jenkins, RELEASE="r2")
    assert [one.status_code for one in (first, same, other)] == [201, 303, 201]
    assert first.headers["Location"] == same.headers["Location"] != other.headers["Location"]
    for _ in range(2):
        get(first.headers["Location"])
    assert build(jenkins).status_code == 201
    assert jenkins.starts == {STARTED: 2, Start(JOB, (("RELEASE", "r2"),)): 1}


def test_cancelled_item_has_no_build(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["waiting", "cancelled"], times=1)
    item = build(jenkins).headers["Location"]
    assert [get(item)["cancelled"] for _ in range(3)] == [False, True, True]
    assert "executable" not in get(item)
    assert get(build(jenkins).headers["Location"])["why"]


def test_build_is_put_where_the_test_wants_it(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["waiting"])
    item = build(jenkins).headers["Location"]
    assert jenkins.put(jenkins.builds()[0], "ABORTED").number == 1
    assert get(get(item)["executable"]["url"])["result"] == "ABORTED"
    with pytest.raises(ValueError, match="success"):
        jenkins.script(JOB, ["success"])


def test_folders_list_their_jobs(jenkins: Jenkins) -> None:
    assert [one["name"] for one in get(f"{jenkins.url}/")["jobs"]] == ["shop", "closed"]
    folder = get(f"{jenkins.url}/job/shop/")["jobs"]
    assert [one["name"] for one in folder] == ["deploy api", "web"]
    assert get(f"{jenkins.url}/job/shop/job/web/")["buildable"]


@pytest.mark.parametrize(
    ("path", "status"), [("/job/gone", 404), ("/job/shop", 404), ("/job/closed", 409)]
)
def test_what_cannot_be_built(jenkins: Jenkins, path: str, status: int) -> None:
    assert build(jenkins, path).status_code == status
    assert jenkins.starts == {}


def test_users_without_a_token_or_a_right(jenkins: Jenkins) -> None:
    jenkins.readers = frozenset({USER})
    assert build(jenkins).status_code == 403
    jenkins.users = {USER: "another"}
    assert build(jenkins).status_code == 401
    assert requests.get(f"{jenkins.url}/api/json", timeout=30).status_code == 401
    assert jenkins.starts == {}
    assert len(set(jenkins.authorizations)) == 2


def test_effect_then_an_error(jenkins: Jenkins) -> None:
    jenkins.inject(doubled.effect_then(502), JOB, "build")
    assert [build(jenkins).status_code for _ in range(2)] == [502, 303]
    assert jenkins.starts == {STARTED: 1}


@pytest.mark.parametrize("effect", [True, False])
def test_dropped_connection(jenkins: Jenkins, *, effect: bool) -> None:
    jenkins.inject(doubled.dropped(effect=effect), route="build")
    with pytest.raises(requests.ConnectionError):
        build(jenkins)
    assert jenkins.starts[STARTED] == effect


def test_reads_fail_as_often_as_wanted(jenkins: Jenkins) -> None:
    item = build(jenkins).headers["Location"]
    jenkins.inject(doubled.error(503), JOB, "queue item", times=2)
    jenkins.inject(doubled.dripping(0.0001), JOB, "queue item")
    answers = [
        requests.get(f"{item}api/json", auth=(USER, API_TOKEN), timeout=30) for _ in range(4)
    ]
    assert [one.status_code for one in answers] == [503, 503, 200, 200]
    jenkins.inject(doubled.silent())
    with pytest.raises(requests.ReadTimeout):
        requests.get(item, timeout=0.05)


def test_the_queue_and_the_builds_show_their_parameters(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["building"], times=1)
    jenkins.script(JOB, ["waiting", "building"])
    for release in ("r1", "r2"):
        build(jenkins, RELEASE=release)
    parameters = "actions[parameters[name,value]]"
    queue = get(f"{jenkins.url}/queue/", tree=f"items[id,task[url],{parameters}]{{0,10}}")
    given = [{}, {"parameters": [{"name": "RELEASE", "value": "r2"}]}]
    url = f"{jenkins.url}{PATH}/"
    assert queue == {"items": [{"id": 102, "task": {"url": url}, "actions": given}]}
    get(f"{jenkins.url}/queue/item/102/")
    newest = get(url, tree=f"builds[number,queueId,{parameters}]{{,1}}")
    assert newest == {"builds": [{"number": 2, "queueId": 102, "actions": given}]}
    assert get(url, tree="buildable,property[parameterDefinitions[name]]") == {
        "buildable": True,
        "property": [{}, {"parameterDefinitions": [{"name": "RELEASE"}]}],
    }


def test_what_jenkins_forgets(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["building"])
    item = build(jenkins).headers["Location"]
    url = get(item)["executable"]["url"]
    jenkins.forget(101)
    answers = [
        requests.get(f"{one}api/json", auth=(USER, API_TOKEN), timeout=30).status_code
        for one in (item, url)
    ]
    assert answers == [404, 200]
    jenkins.remove(101)
    assert requests.get(f"{url}api/json", auth=(USER, API_TOKEN), timeout=30).status_code == 404


@pytest.mark.parametrize("tree", ["builds[", "a b", "builds]", "a]b"])
def test_a_tree_that_cannot_be_read(jenkins: Jenkins, tree: str) -> None:
    answer = requests.get(
        f"{jenkins.url}{PATH}/api/json", {"tree": tree}, auth=(USER, API_TOKEN), timeout=30
    )
    assert answer.status_code == 500


def test_address_of_a_build_depends_on_the_parameters_of_its_job(jenkins: Jenkins) -> None:
    jenkins.jobs["plain"] = Job()
    assert build(jenkins, "/job/plain").status_code == 500
    login = {"auth": (USER, API_TOKEN), "allow_redirects": False, "timeout": 30}
    statuses = [
        requests.post(f"{jenkins.url}{path}/build", **login).status_code  # type: ignore[arg-type]
        for path in ("/job/plain", "/job/plain", PATH)
    ]
    assert statuses == [201, 303, 400]
    assert jenkins.starts == {Start("plain"): 1}


def test_crumb_belongs_to_its_session(jenkins: Jenkins) -> None:
    url = f"{jenkins.url}/crumbIssuer/api/json"
    assert requests.get(url, auth=(USER, API_TOKEN), timeout=30).status_code == 404
    jenkins.crumbs = True
    refused = build(jenkins)
    assert (refused.status_code, "No valid crumb" in refused.text) == (403, True)
    issued = requests.get(url, auth=(USER, API_TOKEN), timeout=30)
    crumb = {issued.json()["crumbRequestField"]: issued.json()["crumb"]}
    cookie = {"Cookie": issued.headers["Set-Cookie"].partition(";")[0]}
    statuses = [
        requests.post(
            f"{jenkins.url}{PATH}/buildWithParameters",
            headers=headers,
            auth=(USER, API_TOKEN),
            allow_redirects=False,
            timeout=30,
        ).status_code
        for headers in (crumb, cookie, crumb | cookie)
    ]
    assert statuses == [403, 403, 201]


def test_restart_loses_the_queue_and_numbers_its_items_again(jenkins: Jenkins) -> None:
    jenkins.script(JOB, ["building", "SUCCESS"], times=1)
    first = build(jenkins).headers["Location"]
    url = get(first)["executable"]["url"]
    waiting = build(jenkins).headers["Location"]
    before = requests.get(f"{url}api/json", auth=(USER, API_TOKEN), timeout=30)
    jenkins.restart()
    after = requests.get(f"{url}api/json", auth=(USER, API_TOKEN), timeout=30)
    assert after.json()["queueId"] == before.json()["queueId"] == 101
    sessions = [answer.headers["X-Jenkins-Session"] for answer in (before, after)]
    assert sessions[0] != sessions[1]
    assert requests.get(f"{waiting}api/json", auth=(USER, API_TOKEN), timeout=30).status_code == 404
    assert build(jenkins).headers["Location"] == first
    jenkins.script(JOB, ["building"])
    assert get(build(jenkins, RELEASE="r2").headers["Location"])["executable"]["number"] == 2
