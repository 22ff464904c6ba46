"""Runs of the double: what starts them, their course, and the gates at which they wait."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.support.forge import ForgeRepo

from .asking import BODY, DISPATCH, RUNS, STARTED, ask, dispatch, get, states
from .conftest import BUILD, DEPLOY, REPO
from .github import TOKEN, GitHub, Point, Repository, Token

# --- Starts


def test_dispatch_starts_a_run_at_the_branch(github: GitHub, api: ForgeRepo) -> None:
    run = get(github, f"{RUNS}/{dispatch(github)}")
    assert (run["event"], run["head_branch"]) == ("workflow_dispatch", "main")
    assert run["head_sha"] == api.tip("main")
    assert run["display_title"] == "Deploy r1 (none)"
    assert run["path"] == ".github/workflows/deploy.yml"
    assert github.starts == {STARTED: 1}


def test_dispatch_without_details_answers_204(github: GitHub) -> None:
    answer = ask(github, "POST", DISPATCH, BODY)
    assert (answer.status_code, answer.content) == (204, b"")
    assert github.starts == {STARTED: 1}


def test_dispatch_at_an_annotated_tag_runs_its_commit(github: GitHub, api: ForgeRepo) -> None:
    api.remote_git("tag", "--annotate", "--message", "m", "deploy-1", "dev")
    run = get(github, f"{RUNS}/{dispatch(github, ref='deploy-1')}")
    assert (run["head_branch"], run["head_sha"]) == ("deploy-1", api.tip("dev"))


def test_old_server_refuses_run_details_and_starts_nothing(api: ForgeRepo) -> None:
    with GitHub({REPO: Repository(api.bare)}, run_details=False, prefix="/api/v3") as double:
        answer = ask(double, "POST", DISPATCH, {**BODY, "return_run_details": True})
        assert (answer.status_code, double.starts) == (400, {})
        assert ask(double, "POST", DISPATCH, BODY).status_code == 204
        found = get(double, f"{RUNS}?event=workflow_dispatch&head_sha={api.tip('main')}")
    assert [run["display_title"] for run in found["workflow_runs"]] == ["Deploy r1 (none)"]
    assert "/api/v3/" in found["workflow_runs"][0]["url"]
    assert (double.starts, double.violations) == ({STARTED: 1}, [])


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("build.yml", BODY, 422, "does not have 'workflow_dispatch' trigger"),
        ("gone.yml", BODY, 404, "Not Found"),
        ("deploy.yml", {**BODY, "ref": "gone"}, 422, "No ref found for: gone"),
        ("deploy.yml", {"ref": "main"}, 422, "Required input 'release'"),
        ("deploy.yml", {"ref": "main", "inputs": {"release": "1", "x": "y"}}, 422, "['x']"),
        ("deploy.yml", {"ref": "main", "inputs": {"release": "1", "target": "x"}}, 422, "target"),
    ],
)
def test_dispatch_refuses(github: GitHub, path: str, body: Any, status: int, text: str) -> None:
    answer = ask(github, "POST", DISPATCH.replace("deploy.yml", path), body)
    assert (answer.status_code, github.starts) == (status, {})
    assert text in answer.json()["message"]


def test_dispatch_looks_for_the_trigger_at_the_ref(github: GitHub, api: ForgeRepo) -> None:
    api.commit("dev", {".github/workflows/deploy.yml": BUILD})
    answer = ask(github, "POST", DISPATCH, {**BODY, "ref": "dev"})
    assert answer.status_code == 422


def test_disabled_workflow_is_not_dispatched(api: ForgeRepo) -> None:
    repository = Repository(api.bare, disabled=frozenset({"deploy.yml"}))
    with GitHub({REPO: repository}) as double:
        assert ask(double, "POST", DISPATCH, BODY).status_code == 422
        shown = get(double, f"/repos/{REPO}/actions/workflows/deploy.yml")
    assert (shown["state"], double.violations) == ("disabled_manually", [])


def test_workflows_may_be_given_beside_the_repository(api: ForgeRepo) -> None:
    with GitHub({REPO: Repository(api.bare, workflows={"extra.yml": DEPLOY})}) as double:
        path = DISPATCH.replace("deploy", "extra")
        assert ask(double, "POST", path, BODY).status_code == 204
        shown = get(double, f"/repos/{REPO}/contents/.github/workflows/extra.yml")
    assert base64.b64decode(shown["content"]).decode() == DEPLOY
    assert double.violations == []


@pytest.mark.parametrize(
    ("ref", "runs"),
    [
        ("refs/heads/main", ["push"]),
        ("refs/heads/release/1/2", ["push"]),
        ("refs/heads/other", []),
        ("refs/tags/v1", ["push"]),
        ("refs/tags/deploy-1", []),
    ],
)
def test_push_starts_what_it_triggers(
    github: GitHub, api: ForgeRepo, ref: str, runs: list[str]
) -> None:
    sha = api.commit("dev", {"a": "1"})
    api.remote_git("update-ref", ref, sha)
    found = get(github, f"{RUNS}?head_sha={sha}")
    assert [run["event"] for run in found["workflow_runs"]] == runs
    assert get(github, RUNS)["total_count"] == len(runs)
    assert len(github.starts) == len(runs)


@pytest.mark.parametrize(
    ("message", "files", "starts"),
    [
        ("x", {"src/a": "1"}, True),
        ("x", {"docs/a": "1"}, False),
        ("x [skip ci]", {"src/a": "1"}, False),
        ("x\n\n\nskip-checks: true", {"src/a": "1"}, False),
        ("x\n\nskip-checks: true", {"src/a": "1"}, True),
    ],
)
def test_push_passes_path_filters_and_instructions(
    github: GitHub, api: ForgeRepo, message: str, files: dict[str, str], *, starts: bool
) -> None:
    """The commit before the push is compared, and only the last message counts."""
    file = "on: {push: {branches: [main, new], paths: ['src/**']}}\n"
    api.commit("main", {".github/workflows/filtered.yml": file})
    github.push_seen(REPO)
    api.commit("main", {"other": "1"}, message="older [skip ci]")
    api.commit("main", files, message=message)
    github.push_seen(REPO)
    found = [run.ref for run in github.runs() if run.workflow.file == "filtered.yml"]
    assert found == ["main"] * starts


def test_push_of_a_new_branch_is_compared_with_where_it_began(
    github: GitHub, api: ForgeRepo
) -> None:
    """A tag passes any path filter."""
    file = "on: {push: {branches: [new], tags: ['t*'], paths: ['src/**']}}\n"
    api.commit("main", {".github/workflows/filtered.yml": file})
    github.push_seen(REPO)
    api.remote_git("branch", "new", "main")
    api.commit("new", {"src/a": "1"})
    api.commit("new", {"b": "1"})
    api.remote_git("tag", "t1", "new")
    github.push_seen(REPO)
    found = [run.ref for run in github.runs() if run.workflow.file == "filtered.yml"]
    assert sorted(found) == ["new", "t1"]


def test_run_of_a_colleague_is_not_counted(github: GitHub) -> None:
    github.start(REPO, "deploy.yml", "main", inputs={"release": "r1"})
    assert [run["actor"]["login"] for run in get(github, RUNS)["workflow_runs"]] == ["grace"]
    assert github.starts == {}


# --- Courses


def test_each_poll_moves_a_run_on_one_step(github: GitHub) -> None:
    github.script(REPO, ["queued", "in_progress", "in_progress", "failure"], times=1)
    first, second = dispatch(github), dispatch(github)
    assert states(github, first, 5) == ["queued", *["in_progress"] * 2, *["failure"] * 2]
    assert states(github, second, 4) == ["queued", "in_progress", "success", "success"]


def test_listing_polls_what_it_shows(github: GitHub) -> None:
    dispatch(github)
    seen = [get(github, RUNS)["workflow_runs"][0]["status"] for _ in range(3)]
    assert seen == ["queued", "in_progress", "completed"]


def test_counted_scripts_come_first_and_the_newest_of_the_others(github: GitHub) -> None:
    github.script(REPO, ["failure"], times=1)
    github.script(REPO, ["cancelled"])
    github.script(REPO, ["skipped"])
    github.script(REPO, ["neutral"], workflow="build.yml")
    numbers = [dispatch(github) for _ in range(3)]
    assert [states(github, one, 1) for one in numbers] == [["failure"], ["skipped"], ["skipped"]]


def test_script_with_an_unknown_word_is_an_error(github: GitHub) -> None:
    with pytest.raises(ValueError, match="sucess"):
        github.script(REPO, ["sucess"])


def test_run_is_moved_by_the_test(github: GitHub) -> None:
    github.script(REPO, ["queued"])
    dispatch(github)
    run = github.put(github.runs()[0], "in_progress", job="test", step="Run make test")
    assert states(github, run.id, 2) == ["in_progress"] * 2
    assert github.finish(run, "timed_out").conclusion == "timed_out"
    assert states(github, run.id, 1) == ["timed_out"]
    assert github.advance(run).conclusion == "timed_out"


def jobs(double: GitHub, number: int) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """The state of each job, and of each of its steps."""

    def state(one: Any) -> str:
        return str(one["conclusion"] or one["status"])

    shown = get(double, f"{RUNS}/{number}/jobs")["jobs"]
    return {
        job["name"]: (state(job), [(step["name"], state(step)) for step in job["steps"]])
        for job in shown
    }


def test_jobs_show_what_runs_and_what_failed(github: GitHub) -> None:
    number = dispatch(github)
    run = github.runs()[0]
    assert jobs(github, number) == {"test": ("queued", []), "deploy": ("queued", [])}
    github.put(run, "in_progress", job="test")
    assert jobs(github, number) == {
        "test": (
            "in_progress",
            [("Run actions/checkout@v4", "success"), ("Run make test", "in_progress")],
        ),
        "deploy": ("queued", []),
    }
    github.finish(run, "failure", job="deploy", step="migrate")
    assert jobs(github, number)["deploy"] == (
        "failure",
        [("migrate", "failure"), ("roll out", "skipped")],
    )
    github.finish(run, "failure", job="test", step="Run make test")
    assert jobs(github, number)["deploy"] == ("skipped", [])
    github.finish(run, "success")
    assert [state for state, _ in jobs(github, number).values()] == ["success"] * 2


def test_script_names_jobs_that_the_file_does_not(github: GitHub) -> None:
    github.script(REPO, [Point("failure", "smoke test", "ask")])
    assert jobs(github, dispatch(github))["smoke test"][0] == "failure"


def test_cancel_ends_a_run_once(github: GitHub) -> None:
    number = dispatch(github)
    assert ask(github, "POST", f"{RUNS}/{number}/cancel").status_code == 202
    assert states(github, number, 1) == ["cancelled"]
    assert ask(github, "POST", f"{RUNS}/{number}/cancel").status_code == 409


def test_rerun_is_another_start_of_the_same_run(github: GitHub) -> None:
    github.script(REPO, ["failure"], times=1)
    number = dispatch(github)
    assert ask(github, "POST", f"{RUNS}/{number}/rerun-failed-jobs").status_code == 201
    assert ask(github, "POST", f"{RUNS}/{number}/rerun").status_code == 403
    assert states(github, number, 3) == ["queued", "in_progress", "success"]
    assert get(github, f"{RUNS}/{number}")["run_attempt"] == 2
    assert get(github, f"{RUNS}/{number}/attempts/2/jobs")["total_count"] == 2
    assert sorted(start.event for start in github.starts) == ["rerun", "workflow_dispatch"]


# --- Gates


def review(double: GitHub, number: int, state: str) -> requests.Response:
    """Review the first gate of a run."""
    gate = get(double, f"{RUNS}/{number}/pending_deployments")[0]["environment"]
    body = {"environment_ids": [gate["id"]], "state": state, "comment": "so be it"}
    return ask(double, "POST", f"{RUNS}/{number}/pending_deployments", body)


def test_gate_waits_until_it_is_approved(gated: GitHub) -> None:
    number = dispatch(gated)
    assert states(gated, number, 4) == ["queued", "waiting", "waiting", "waiting"]
    gate = get(gated, f"{RUNS}/{number}/pending_deployments")[0]
    assert gate["environment"]["name"] == "production"
    assert gate["current_user_can_approve"]
    assert [one["reviewer"]["login"] for one in gate["reviewers"]] == ["ada", "grace"]
    assert jobs(gated, number)["deploy"][0] == "waiting"
    assert review(gated, number, "approved").status_code == 200
    assert get(gated, f"{RUNS}/{number}/pending_deployments") == []
    assert states(gated, number, 2) == ["in_progress", "success"]
    approval = get(gated, f"{RUNS}/{number}/approvals")[0]
    assert (approval["state"], approval["user"]["login"]) == ("approved", "ada")


def test_rejected_gate_fails_the_run(gated: GitHub) -> None:
    number = dispatch(gated)
    states(gated, number, 2)
    assert review(gated, number, "rejected").status_code == 200
    assert states(gated, number, 1) == ["failure"]
    assert jobs(gated, number)["deploy"][0] == "failure"


def test_only_reviewers_may_review(gated: GitHub) -> None:
    number = dispatch(gated)
    states(gated, number, 2)
    gated.tokens[TOKEN] = Token("mallory")
    gate = get(gated, f"{RUNS}/{number}/pending_deployments")[0]
    assert not gate["current_user_can_approve"]
    assert review(gated, number, "approved").status_code == 422
    assert states(gated, number, 1) == ["waiting"]


def test_environment_names_its_reviewers(gated: GitHub) -> None:
    found = get(gated, f"/repos/{REPO}/environments/production")
    assert found["protection_rules"][0]["reviewers"][0]["reviewer"]["login"] == "ada"
    assert get(gated, f"/repos/{REPO}/environments")["total_count"] == 1
    assert ask(gated, "GET", f"/repos/{REPO}/environments/moon").status_code == 404
