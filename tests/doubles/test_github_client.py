"""The real PyGithub against the double: no violation in a deployment from start to end."""

from __future__ import annotations

from collections.abc import Iterator

import github as pygithub
import pytest
from github.Repository import Repository as ClientRepository

from tests.support.forge import ForgeRepo

from .conftest import REPO
from .github import TOKEN, GitHub, Repository, faults


def client(double: GitHub) -> pygithub.Github:
    """Return a client that neither retries nor pauses."""
    return pygithub.Github(
        base_url=double.api,
        auth=pygithub.Auth.Token(TOKEN),
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
        api_version="2022-11-28",
    )


@pytest.fixture
def repo(gated: GitHub) -> Iterator[ClientRepository]:
    with client(gated) as session:
        yield session.get_repo(REPO)


def test_deployment_from_dispatch_to_success(gated: GitHub, repo: ClientRepository) -> None:
    run = repo.get_workflow("deploy.yml").create_dispatch(
        "main", {"release": "r1"}, throw=True, return_run_details=True
    )
    assert repo.get_workflow_run(run.id).status == "queued"
    assert [one.id for one in repo.get_workflow_runs(head_sha=gated.runs()[0].sha)] == [run.id]
    here = f"{repo.url}/actions/runs/{run.id}/pending_deployments"
    _, pending = repo.requester.requestJsonAndCheck("GET", here)
    body = {
        "environment_ids": [one["environment"]["id"] for one in pending],
        "state": "approved",
        "comment": "go",
    }
    repo.requester.requestJsonAndCheck("POST", here, input=body)
    seen = [repo.get_workflow_run(run.id) for _ in range(2)]
    assert [one.conclusion or one.status for one in seen] == ["in_progress", "success"]
    assert [job.name for job in seen[1].jobs()] == ["test", "deploy"]
    assert seen[1].jobs()[1].steps[0].conclusion == "success"
    assert list(gated.starts.values()) == [1]


def test_reading_what_a_plan_wants(gated: GitHub, repo: ClientRepository, api: ForgeRepo) -> None:
    gated.check_run(REPO, "stg", "unit", "success")
    gated.commit_status(REPO, "stg", "ci", "success")
    assert repo.default_branch == "main"
    assert repo.get_git_ref("heads/main").object.sha == api.tip("main")
    assert {one.name for one in repo.get_workflows()} == {
        "Deploy",
        ".github/workflows/build.yml",
    }
    file = repo.get_contents(".github/workflows/deploy.yml")
    assert not isinstance(file, list)
    assert b"workflow_dispatch" in file.decoded_content
    assert [one.name for one in repo.get_environments()] == ["production"]
    assert repo.get_environment("production").protection_rules[0].type == "required_reviewers"
    commit = repo.get_branch("stg").commit
    assert commit.sha == repo.get_commit("stg").sha == api.tip("stg")
    assert commit.get_combined_status().state == "success"
    assert [one.name for one in commit.get_check_runs()] == ["unit"]
    with client(gated) as session:
        assert session.get_user().login == "ada"
        assert session.get_rate_limit().rate.limit == 5000


def test_more_runs_than_a_page(gated: GitHub, repo: ClientRepository) -> None:
    started = [gated.start(REPO, "deploy.yml", "main") for _ in range(35)]
    assert {run.id for run in repo.get_workflow_runs()} == {run.id for run in started}


def test_an_entry_of_a_listing_asks_again_for_what_it_has(
    gated: GitHub, repo: ClientRepository
) -> None:
    """Why multigit reads listings itself: the raw data of each entry costs one more request."""
    for _ in range(3):
        gated.start(REPO, "deploy.yml", "main")
    runs, before = list(repo.get_workflow_runs()), gated.count()
    assert [run.raw_data["id"] for run in runs] == [run.id for run in runs]
    assert gated.count() == before + 3


def test_a_combined_status_is_its_first_page(gated: GitHub, repo: ClientRepository) -> None:
    """Why multigit reads statuses itself: it would miss a red one on the next page."""
    for number in range(31):
        gated.commit_status(REPO, "stg", f"ci-{number}", "success")
    status = repo.get_branch("stg").commit.get_combined_status()
    assert (len(status.statuses), status.total_count) == (30, 31)


def test_cancel_and_rerun(gated: GitHub, repo: ClientRepository) -> None:
    run = repo.get_workflow_run(gated.start(REPO, "deploy.yml", "main").id)
    assert (run.cancel(), run.rerun()) == (True, True)
    assert repo.get_workflow_run(run.id).run_attempt == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.effect_then(502), pygithub.GithubException),
        (faults.not_found(), pygithub.UnknownObjectException),
        (faults.primary_limit(1_800_000_000), pygithub.RateLimitExceededException),
        (faults.secondary_limit(), pygithub.RateLimitExceededException),
        (faults.error(401, "Bad credentials"), pygithub.BadCredentialsException),
    ],
)
def test_faults_have_their_names(
    gated: GitHub, repo: ClientRepository, fault: faults.Fault, error: type[Exception]
) -> None:
    workflow = repo.get_workflow("deploy.yml")
    gated.inject(fault)
    with pytest.raises(error):
        workflow.create_dispatch("main", {"release": "1"}, throw=True)
    assert gated.count("actions/create-workflow-dispatch") == 1


def test_two_wrong_requests_are_two_violations(api: ForgeRepo) -> None:
    with GitHub({REPO: Repository(api.bare)}) as double, client(double) as session:
        repo = session.get_repo(REPO)
        for path, body in (("dispatches", {"inputs": {}}), ("dispatches", {"ref": 1})):
            url = f"{repo.url}/actions/workflows/deploy.yml/{path}"
            with pytest.raises(pygithub.GithubException):
                repo.requester.requestJsonAndCheck("POST", url, input=body)
    assert [one.operation for one in double.violations] == ["actions/create-workflow-dispatch"] * 2
    assert double.starts == {}
