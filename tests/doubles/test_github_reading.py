"""Reading from the double: listings, conditions, tokens, refs, files, checks, the contract."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import requests

from tests.support.forge import ForgeRepo

from .asking import BODY, DISPATCH, RUNS, STARTED, ask, dispatch, get
from .conftest import DEPLOY, REPO
from .github import TOKEN, GitHub, Repository, Token

# --- Listings, conditions, limits, tokens


def test_listing_filters(github: GitHub, api: ForgeRepo) -> None:
    github.start(REPO, "build.yml", "stg")
    dispatch(github)
    moment = github.runs()[0].created
    later = (moment + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    totals = {
        query: get(github, f"{RUNS}?{query}")["total_count"]
        for query in (
            f"head_sha={api.tip('main')}",
            f"head_sha={'0' * 40}",
            "branch=stg",
            "event=push",
            "status=queued",
            f"created=>={later}",
            f"created=*..{later}",
            f"created={moment:%Y-%m-%d}",
        )
    }
    assert list(totals.values()) == [2, 0, 1, 0, 0, 0, 2, 2]
    of_workflow = get(github, f"/repos/{REPO}/actions/workflows/deploy.yml/runs")
    assert of_workflow["total_count"] == 1


def test_listing_has_pages(github: GitHub) -> None:
    numbers = [dispatch(github) for _ in range(3)]
    first = ask(github, "GET", f"{RUNS}?per_page=2")
    second = ask(github, "GET", first.links["next"]["url"].removeprefix(github.api))
    found = [run["id"] for one in (first, second) for run in one.json()["workflow_runs"]]
    assert (found, second.links) == (numbers[::-1], {})


def test_late_run_is_missing_from_listings(github: GitHub) -> None:
    github.late(REPO, 2)
    number = dispatch(github)
    assert [get(github, RUNS)["total_count"] for _ in range(4)] == [0, 0, 1, 1]
    assert ask(github, "GET", f"{RUNS}/{number}").status_code == 200
    github.late(REPO, -1)
    dispatch(github)
    assert [get(github, RUNS)["total_count"] for _ in range(4)] == [1] * 4


def test_unchanged_answer_is_304_and_costs_nothing(github: GitHub) -> None:
    github.script(REPO, ["queued", "queued", "success"])
    path = f"{RUNS}/{dispatch(github)}"
    first = ask(github, "GET", path)
    used = get(github, "/rate_limit")["rate"]["used"]
    again = ask(github, "GET", path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(github, "/rate_limit")["rate"]["used"] == used + 1
    changed = ask(github, "GET", path, **{"If-None-Match": first.headers["ETag"]})
    assert changed.json()["conclusion"] == "success"


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, 401),
        (Token("ada", frozenset()), 404),
        (Token("ada", may_write=False), 403),
        (Token("ada", frozenset({REPO})), 204),
    ],
)
def test_token_decides(github: GitHub, token: Token | None, status: int) -> None:
    github.tokens = {TOKEN: token} if token else {}
    assert ask(github, "POST", DISPATCH, BODY).status_code == status
    assert github.starts == ({STARTED: 1} if status == 204 else {})
    assert github.authorizations == [f"Bearer {TOKEN}"]


# --- Repositories, refs, files, checks


def test_repository_refs_and_files(github: GitHub, api: ForgeRepo) -> None:
    here = f"/repos/{REPO}"
    api.remote_git("branch", "feature/x", "main")
    api.remote_git("tag", "--annotate", "--message", "m", "v1", "main")
    assert get(github, here)["default_branch"] == "main"
    assert get(github, "/user")["login"] == "ada"
    assert get(github, f"{here}/git/ref/heads/feature/x")["object"]["sha"] == api.tip("main")
    assert get(github, f"{here}/git/ref/heads%2Ffeature%2Fx")["ref"] == "refs/heads/feature/x"
    assert get(github, f"{here}/git/ref/tags/v1")["object"]["type"] == "tag"
    assert len(get(github, f"{here}/git/matching-refs/heads/")) == 4
    assert ask(github, "GET", f"{here}/git/ref/heads/gone").status_code == 404
    file = get(github, f"{here}/contents/.github/workflows/deploy.yml?ref=feature/x")
    assert base64.b64decode(file["content"]).decode() == DEPLOY
    folder = get(github, f"{here}/contents/.github/workflows")
    assert [one["name"] for one in folder] == ["build.yml", "deploy.yml"]
    assert ask(github, "GET", f"{here}/contents/gone").status_code == 404
    assert get(github, f"{here}/actions/workflows")["total_count"] == 2


def test_newest_check_run_of_a_name_counts(github: GitHub) -> None:
    for name, word in (("unit", "failure"), ("lint", "in_progress"), ("unit", "success")):
        github.check_run(REPO, "stg", name, word)
    here = f"/repos/{REPO}/commits/stg/check-runs"
    found = get(github, here)["check_runs"]
    assert {one["name"]: one["conclusion"] or one["status"] for one in found} == {
        "unit": "success",
        "lint": "in_progress",
    }
    assert get(github, f"{here}?filter=all&check_name=unit")["total_count"] == 2


def test_combined_status_follows_from_the_newest_of_each_context(github: GitHub) -> None:
    here = f"/repos/{REPO}/commits/heads%2Fstg/status"
    seen = [get(github, here)["state"]]
    for context, state in (("a", "failure"), ("a", "success"), ("b", "pending"), ("b", "success")):
        github.commit_status(REPO, "stg", context, state)
        seen.append(get(github, here)["state"])
    assert seen == ["pending", "failure", "success", "pending", "success"]


# --- The contract


def test_two_wrong_requests_are_two_violations(api: ForgeRepo) -> None:
    with GitHub({REPO: Repository(api.bare)}) as double:
        get(double, RUNS)
        assert ask(double, "POST", DISPATCH, {"inputs": {}}).status_code == 422
        get(double, f"/repos/{REPO}")
        assert ask(double, "GET", f"{RUNS}?sha=0").status_code == 422
        assert ask(double, "POST", DISPATCH, BODY).status_code == 204
    assert [(one.side, one.operation) for one in double.violations] == [
        ("request", "actions/create-workflow-dispatch"),
        ("request", "actions/list-workflow-runs-for-repo"),
    ]
    assert "'ref' is a required property" in double.violations[0].text
    assert double.violations[1].text == "undocumented query parameter sha"


def test_operation_that_is_not_there_is_a_violation(api: ForgeRepo) -> None:
    with GitHub({REPO: Repository(api.bare)}, prefix="/api/v3") as double:
        assert ask(double, "GET", f"/repos/{REPO}/nothing").status_code == 404
        wrong = requests.get(f"{double.url}/user", timeout=30)
    assert (wrong.status_code, len(double.violations)) == (404, 2)
