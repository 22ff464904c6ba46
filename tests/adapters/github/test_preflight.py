"""What planning checks on GitHub before anything is pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from multigit.core.values.deploy_config import GithubRunner, Trigger
from multigit.core.values.problem import Problem, Severity
from multigit.errors import RefusedError
from tests.doubles.conftest import REPO
from tests.doubles.github import TOKEN, Environment, GitHub, Repository, Token, faults
from tests.doubles.loopback import json_answer
from tests.support.forge import ForgeRepo

from .hubs import DISPATCHED, PUSHED, everything, runs_at, spec

GET_REPO, GET_WORKFLOW = "repos/get", "actions/get-workflow"
BARE = GithubRunner("x.yml", ref="branch", slug=REPO)


def codes(problems: Sequence[Problem]) -> list[str]:
    """Return the codes, after checking that each problem has a sentence and a hint."""
    assert all(one.message.endswith(".") and one.hint for one in problems)
    return [one.code for one in problems]


def scoped(scopes: str) -> faults.Fault:
    """Return an answer as a classic token with these scopes gets it."""
    return faults.Fault(
        effect=False, reaction=json_answer(200, {"private": False}, ("X-OAuth-Scopes", scopes))
    )


def about(api: ForgeRepo, workflow: str, **settings: object) -> list[Problem]:
    """Return the problems of deploying with this workflow file, on a new double."""
    runner = replace(BARE, **settings)  # type: ignore[arg-type]
    repository = Repository(
        api.bare, workflows={"x.yml": workflow}, environments=(Environment("staging"),)
    )
    with GitHub({REPO: repository}) as double:
        problems = runs_at(double).check(spec(api, runner))
    assert double.violations == []
    return list(problems)


def test_a_good_deployment_has_no_problems(hub: GitHub, api: ForgeRepo) -> None:
    """Checking takes four requests, and none for another target of the same repository."""
    runs = runs_at(hub)
    assert runs.check(spec(api)) == ()
    assert runs.check(spec(api, target="fra")) == ()
    assert (hub.count(), hub.starts) == (4, {})


def test_a_deployment_by_push_has_no_problems(hub: GitHub, api: ForgeRepo) -> None:
    """Its workflow needs no workflow_dispatch trigger."""
    assert runs_at(hub).check(spec(api, PUSHED)) == ()


@pytest.mark.parametrize(
    ("fault", "operation", "code"),
    [
        (faults.error(401, "Bad credentials"), GET_REPO, "token_refused"),
        (faults.forbidden(), GET_REPO, "token_refused"),
        (faults.forbidden(), GET_WORKFLOW, "token_refused"),
        (faults.not_found(), GET_REPO, "github_missing"),
        (faults.error(301), GET_REPO, "github_moved"),
        (faults.no_json(), GET_REPO, "github_no_json"),
        (faults.no_json(), GET_WORKFLOW, "github_no_json"),
        (faults.error(502), GET_REPO, "github_unavailable"),
        (faults.primary_limit(4_000_000_000), GET_REPO, "rate_limited"),
        (
            faults.Fault(effect=False, reaction=json_answer(200, {"permissions": {"push": False}})),
            GET_REPO,
            "token_refused",
        ),
        (faults.not_found(), GET_WORKFLOW, "workflow_missing"),
        (faults.not_found(), "repos/get-content", "workflow_unreadable"),
        (
            faults.Fault(effect=False, reaction=json_answer(200, [])),
            "repos/get-content",
            "workflow_unreadable",
        ),
        (scoped("read:org, gist"), GET_REPO, "token_refused"),
    ],
)
def test_what_github_refuses_is_a_problem(
    hub: GitHub, api: ForgeRepo, fault: faults.Fault, operation: str, code: str
) -> None:
    """The problem is returned, not raised, and does not show the token."""
    hub.inject(fault, operation=operation, times=None)
    problems = runs_at(hub).check(spec(api))
    assert codes(problems) == [code]
    assert problems[0].blocks
    assert TOKEN not in repr(problems)


@pytest.mark.parametrize("scopes", ["gist, repo", "public_repo", ""])
def test_a_sufficient_scope_is_not_a_problem(hub: GitHub, api: ForgeRepo, scopes: str) -> None:
    """Tokens of GitHub Apps have no scopes."""
    hub.inject(scoped(scopes), operation=GET_REPO)
    assert runs_at(hub).check(spec(api)) == ()


def test_a_host_that_cannot_be_reached_is_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """The configured address may be wrong."""
    hub.refuse()
    assert codes(runs_at(hub).check(spec(api))) == ["github_unreachable"]
    hub.listen()


def test_a_token_that_cannot_see_the_repository_is_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """GitHub answers 404, and the message says that the token may be the reason."""
    hub.tokens[TOKEN] = Token("ada", frozenset())
    (problem,) = runs_at(hub).check(spec(api))
    assert (problem.code, "cannot see it" in problem.message) == ("github_missing", True)


def test_no_token_is_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """It is found without any request."""

    def nothing() -> str:
        raise RefusedError("there is no token.", hint="Create one.", code="no_token")

    runs = runs_at(hub)
    runs._client._token = nothing
    assert codes(runs.check(spec(api))) == ["no_token"]
    assert hub.count() == 0


def test_a_remote_elsewhere_is_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """It is found without any request, and a password in the URL is not shown."""
    runs = runs_at(hub, url="https://ada:hunter2@gitlab.com/acme/api.git")
    (problem,) = runs.check(spec(api, replace(DISPATCHED, slug="")))
    assert (problem.code, hub.count()) == ("not_on_github", 0)
    assert "hunter2" not in problem.message


def test_the_slug_comes_from_the_remote(hub: GitHub, api: ForgeRepo) -> None:
    """The remote's URL is used if the configuration has no slug."""
    runs = runs_at(hub, url=f"{hub.url}/{REPO}.git")
    assert runs.check(spec(api, replace(DISPATCHED, slug=""))) == ()


@pytest.mark.parametrize("slug", ["acme", "acme/api/x", "../api", "acme/..", "acme/a b", "/"])
def test_an_invalid_slug_is_a_problem(hub: GitHub, api: ForgeRepo, slug: str) -> None:
    """It would change the URL of the request."""
    assert codes(runs_at(hub).check(spec(api, replace(DISPATCHED, slug=slug)))) == ["github_slug"]
    assert hub.count() == 0


def test_a_disabled_workflow_is_a_problem(api: ForgeRepo) -> None:
    """GitHub would not start it."""
    repository = Repository(api.bare, disabled=frozenset({"deploy.yml"}))
    with GitHub({REPO: repository}) as double:
        assert codes(runs_at(double).check(spec(api))) == ["workflow_disabled"]


def test_a_workflow_can_be_named_by_its_path(hub: GitHub, api: ForgeRepo) -> None:
    """It is the same workflow."""
    runner = replace(DISPATCHED, workflow=".github/workflows/deploy.yml")
    assert runs_at(hub).check(spec(api, runner)) == ()


def test_no_tag_to_run_on_is_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """The stage does not have a tag."""
    problems = runs_at(hub).check(spec(api, replace(DISPATCHED, ref="tag"), tag=""))
    assert codes(problems) == ["no_deploy_ref"]
    assert runs_at(hub).check(spec(api, replace(PUSHED, ref="tag"), tag="")) == ()  # by the branch


@pytest.mark.parametrize(
    "on",
    ["on: workflow_dispatch", "on: [push, workflow_dispatch]", "on: {workflow_dispatch: }"],
)
def test_the_trigger_is_found_in_each_of_its_forms(api: ForgeRepo, on: str) -> None:
    """It may be in a string, a list or a mapping."""
    assert "workflow_not_dispatchable" not in codes(about(api, f"{on}\njobs: {{}}\n"))


def test_a_workflow_without_the_trigger_is_a_problem(api: ForgeRepo) -> None:
    """No other problem is reported."""
    assert codes(about(api, "on: {push: {branches: [dev]}}\n")) == ["workflow_not_dispatchable"]


@pytest.mark.parametrize(
    ("on", "twice"),
    [
        ("push: {branches: [main]}", True),
        ("push: ", True),
        ("push: {tags: ['deploy-*']}", True),
        ("push: {branches: [dev]}", False),
        ("push: {branches-ignore: [main], tags: [v*]}", False),
    ],
)
def test_a_push_that_also_deploys_is_a_warning(api: ForgeRepo, on: str, *, twice: bool) -> None:
    """The workflow's push trigger matches the stage's branch or its tag."""
    problems = about(api, f"on:\n  workflow_dispatch:\n  {on}\n")
    assert codes(problems) == ["deploys_twice"] * twice
    assert all(one.severity is Severity.WARN for one in problems)


def test_a_push_that_starts_nothing_is_a_warning(api: ForgeRepo) -> None:
    """It is reported if the push is expected to start the deployment."""
    (problem,) = about(api, "on: {push: {branches: [dev]}}\n", trigger=Trigger.PUSH)
    assert (problem.code, problem.blocks) == ("push_starts_nothing", False)


def by_push(api: ForgeRepo, on: str, changes: dict[str, str], message: str = "x") -> list[Problem]:
    """Return the problems of a push of these changes to main that starts x.yml."""
    file = {".github/workflows/x.yml": f"on: {{push: {on}}}\n"}
    api.commit("main", file)
    sha = api.commit("main", changes, message=message)
    with GitHub({REPO: Repository(api.bare, default_branch="main")}) as double:
        runner = replace(BARE, trigger=Trigger.PUSH)
        problems = runs_at(double, api=api).check(spec(api, runner, sha=sha))
    assert double.violations == []
    assert all(one.severity is Severity.WARN for one in problems)
    return list(problems)


def test_a_key_that_no_run_shows_is_a_warning(api: ForgeRepo) -> None:
    """A start without an answer would leave a doubt, though the inputs hold a key."""
    file = "on: {workflow_dispatch: {inputs: {ticket: {}}}}\njobs: {}\n"
    shown = f'run-name: "Deploy ${{{{ inputs.ticket }}}}"\n{file}'
    keyed = {"ticket": "{key}"}
    (problem,) = about(api, file, inputs=keyed)
    assert (problem.code, problem.severity) == ("key_not_shown", Severity.WARN)
    assert "does not show the input ticket" in problem.message
    assert about(api, shown, inputs=keyed) == []
    assert about(api, file, inputs={"ticket": "{release}"}) == []


@pytest.mark.parametrize(
    ("on", "message", "expected"),
    [
        ("{branches: [main], paths: ['src/**']}", "x", ["path_filter"]),
        ("{branches: [main], paths-ignore: ['src/**']}", "x", []),
        ("{branches: [main]}", "docs [skip ci]", ["skip_instruction"]),
        ("{branches: [main], tags: ['deploy-*']}", "x", ["push_starts_twice"]),
        ("{branches: [main]}", "x", []),
    ],
)
def test_the_plan_shows_what_a_push_will_start(
    api: ForgeRepo, on: str, message: str, expected: list[str]
) -> None:
    """By the file of the pushed commit, its changed files, and its message."""
    assert codes(by_push(api, on, {"docs/a.md": "1"}, message)) == expected


def test_the_run_that_is_watched_is_named(api: ForgeRepo) -> None:
    """The other one is only started."""
    (problem,) = by_push(api, "{branches: [main], tags: ['deploy-*']}", {"a": "1"})
    assert "for main and deploy-1; only the run for main is watched" in problem.message


@pytest.mark.parametrize(
    ("content", "warns"),
    [
        ("on: push\njobs: {a: {environment: Production}}\n", True),
        ("on: push\njobs: {a: {environment: staging}}\n", False),
        ("on: workflow_dispatch\njobs: {a: {environment: production}}\n", False),
        ("on: {push: {branches: [dev]}}\njobs: {a: {environment: production}}\n", False),
    ],
)
def test_another_workflow_that_deploys_is_a_warning(
    api: ForgeRepo,
    content: str,
    warns: bool,  # noqa: FBT001
) -> None:
    """The push starts it, and one of its jobs has the stage's environment."""
    changes = {".github/workflows/other.yaml": content, ".github/workflows/note.txt": "x"}
    problems = by_push(api, "{branches: [main]}", changes)
    assert codes(problems) == ["other_workflow_deploys"] * warns
    assert all("other.yaml" in one.message for one in problems)


def test_a_deployment_without_a_push_is_not_judged_by_push_triggers(api: ForgeRepo) -> None:
    """Nothing is pushed, so nothing is deployed twice."""
    workflow = "on: {workflow_dispatch: , push: {branches: [main]}}\njobs: {}\n"
    repository = Repository(api.bare, workflows={"x.yml": workflow})
    with GitHub({REPO: repository}) as double:
        assert runs_at(double).check(spec(api, BARE, pushed=False)) == ()


def test_a_missing_workflow_of_a_push_is_a_warning(hub: GitHub, api: ForgeRepo) -> None:
    """GitHub only knows its name once it is on the default branch or has run."""
    (problem,) = runs_at(hub).check(spec(api, replace(PUSHED, workflow="new.yml")))
    assert (problem.code, problem.blocks) == ("workflow_missing", False)


def test_the_file_of_the_deployed_commit_counts(api: ForgeRepo) -> None:
    """The default branch, dev, has the trigger, but the commit for main does not."""
    file = ".github/workflows/deploy.yml"
    double = GitHub({REPO: Repository(api.bare, default_branch="dev")})
    api.commit("dev", {file: "on: workflow_dispatch\njobs: {}\n"})
    with double:
        api.commit("main", {file: "on: {push: {branches: [dev]}}\njobs: {}\n"})
        runs = runs_at(double, api=api)
        (problem,) = runs.check(spec(api))
        assert (problem.code, problem.blocks) == ("workflow_not_dispatchable", True)
        assert "in what is deployed" in problem.message
        api.commit("main", {file: "a: [\n"})
        assert codes(runs.check(spec(api))) == ["workflow_unreadable"]
        api.commit("main", {file: None})
        assert codes(runs.check(spec(api))) == ["workflow_not_in_commit"]
        (problem,) = runs.check(spec(api, replace(PUSHED, workflow="deploy.yml")))
        assert (problem.code, problem.blocks) == ("workflow_not_in_commit", False)
    assert double.violations == []


def test_a_workflow_that_the_push_adds_is_not_a_problem(api: ForgeRepo) -> None:
    """The default branch only gets the file with the push."""
    file = ".github/workflows/new.yml"
    runner = replace(BARE, workflow="new.yml")
    sha = api.commit("dev", {file: "on: workflow_dispatch\njobs: {}\n"})
    with GitHub({REPO: Repository(api.bare, default_branch="main")}) as double:
        runs = runs_at(double, api=api)
        assert runs.check(spec(api, runner, sha=sha)) == ()
        elsewhere = spec(api, runner, sha=sha, branch="stg")
        assert codes(runs.check(elsewhere)) == ["workflow_missing"]
    assert double.violations == []


@pytest.mark.parametrize(
    ("environment", "problems"),
    [
        ("production", ["environment_missing"]),
        ("{name: production, url: x}", ["environment_missing"]),
        ("staging", []),
        ("${{ inputs.stage }}", []),
    ],
)
def test_an_environment_that_the_workflow_names_must_exist(
    api: ForgeRepo, environment: str, problems: list[str]
) -> None:
    """It is not checked if it is an expression, which only GitHub can evaluate."""
    value = environment if environment.startswith("{") else f'"{environment}"'
    workflow = f"on: workflow_dispatch\njobs: {{a: {{environment: {value}}}}}\n"
    assert codes(about(api, workflow)) == problems


def test_an_environment_that_cannot_be_seen_is_not_a_problem(hub: GitHub, api: ForgeRepo) -> None:
    """A token may be allowed to start workflows but not to read environments."""
    hub.inject(faults.forbidden(), operation="repos/get-environment")
    assert runs_at(hub).check(spec(api)) == ()


def test_an_error_behind_a_problem_shows_no_token(hub: GitHub) -> None:
    """The causes of the error are checked, too."""
    hub.inject(faults.secondary_limit(3600), operation=GET_REPO)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        runs_at(hub)._client.get(f"/repos/{REPO}", REPO)
    assert TOKEN not in "".join(everything(caught.value))
