"""What would keep a deployment from starting blocks the plan: an error, a hint, no push."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.answers import DONE, REFUSED, USAGE, codes, rows, told
from tests.cli.hosts import GITHUB, RELEASE, Host
from tests.doubles.github import TOKEN, GitHub, Token, faults
from tests.doubles.jenkins import API_TOKEN, USER, Jenkins, Job
from tests.doubles.loopback import json_answer
from tests.support.forge import Forge, remotes_untouched

STATIC = """\
on: {push: {branches: [dev]}}
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: "true"}]}}
"""
ELSEWHERE = "on: workflow_dispatch\njobs: {a: {environment: production, steps: [{run: x}]}}\n"
READ_ONLY = faults.Fault(
    effect=False, reaction=json_answer(200, {"private": False}, ("X-OAuth-Scopes", "read:org"))
)
GREEN = 'require_checks = true\n\n[stages.main.deploy]\nrunner = "command"\ncommand = ["true"]\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Return a repository on GitHub with one usable workflow and two that cannot be used."""
    host = Host(Forge(tmp_path_factory.mktemp("bad")), ["api"])
    api = host.forge.repos["api"]
    for name, content in (("static", STATIC), ("elsewhere", ELSEWHERE)):
        for branch in ("main", "stg"):
            api.commit(branch, {f".github/workflows/{name}.yml": content})
    with host.double:
        yield host
    assert host.double.violations == []


@pytest.fixture
def double(site: Host) -> Iterator[GitHub]:
    """Return the double, and reset it after the test."""
    site.configure()
    site.forge.env["MULTIGIT_TOKEN"] = TOKEN
    yield site.double
    site.double.tokens[TOKEN] = Token("ada")
    site.double.clear_faults()


def problem(site: Host, deploy: str = GITHUB) -> str:
    """Assert that the release is blocked with a hint and nothing is pushed; return the code."""
    site.configure(deploy)
    with remotes_untouched(site.forge):
        document = site.forge.json(*RELEASE, check=REFUSED)
    (found,) = rows(document)["api"]["problems"]
    assert found["hint"]
    assert TOKEN not in told(document)
    return str(found["code"])


def test_tokens(site: Host, double: GitHub) -> None:
    """A missing token, one without the scope, and one that sees no repository each have a code."""
    del site.forge.env["MULTIGIT_TOKEN"]
    assert problem(site) == "no_token"
    site.forge.env["MULTIGIT_TOKEN"] = TOKEN
    double.inject(READ_ONLY, operation="repos/get", times=None)
    assert problem(site) == "token_refused"
    double.clear_faults()
    double.tokens[TOKEN] = Token("ada", frozenset())
    assert problem(site) == "github_missing"


@pytest.mark.parametrize(
    ("workflow", "code"),
    [
        ("absent.yml", "workflow_missing"),
        ("static.yml", "workflow_not_dispatchable"),
        ("elsewhere.yml", "environment_missing"),
    ],
)
@pytest.mark.usefixtures("double")
def test_workflows(site: Host, workflow: str, code: str) -> None:
    """A missing workflow, one without a dispatch trigger, and one with an unknown environment."""
    assert problem(site, GITHUB.replace("deploy.yml", workflow)) == code


def test_an_answer_that_is_no_json(site: Host, double: GitHub) -> None:
    """An answer that is not JSON, such as a proxy's login page, blocks the release."""
    double.inject(faults.no_json(), operation="repos/get", times=None)
    assert problem(site) == "github_no_json"


@pytest.mark.parametrize("state", ["archived", "disabled"])
def test_a_repository_that_takes_no_push(site: Host, double: GitHub, state: str) -> None:
    """GitHub reports it while planning, before any repository is published."""
    answer = json_answer(200, {"default_branch": "main", state: True})
    fault = faults.Fault(effect=False, reaction=answer)
    double.inject(fault, operation="repos/get", times=None)
    assert problem(site) == "read_only"


@pytest.mark.usefixtures("double")
def test_a_remote_that_is_not_on_the_host(site: Host) -> None:
    """A remote whose URL is not on GitHub blocks the release."""
    config = site.forge.shop / "multigit.toml"
    config.write_text(config.read_text().replace('github = "acme/api"\n', ""))
    with remotes_untouched(site.forge):
        document = site.forge.json(*RELEASE, check=REFUSED)
    assert codes(rows(document)["api"]) == ["not_on_github"]


@pytest.mark.usefixtures("double")
def test_checks_that_are_not_green_or_cannot_be_read(site: Host) -> None:
    """No checks at all, or checks that cannot be read, do not count as green."""
    assert problem(site, GREEN) == "checks_not_green"
    site.double.inject(faults.forbidden(), operation="checks/*", times=None)
    assert problem(site, GREEN) == "checks_not_green"


def test_a_jenkins_job_that_is_not_there(site: Host) -> None:
    """A missing job blocks the release, and so does one with different parameters."""
    site.forge.env["JENKINS_TOKEN"] = API_TOKEN
    with Jenkins({"shop": Job(frozenset({"VERSION"}))}) as jenkins:
        table = (
            f'\n[stages.main.deploy]\nrunner = "jenkins"\nurl = "{jenkins.url}"\njob = "shop"\n'
            f'user = "{USER}"\nparams = {{VERSION = "{{release}}"}}\n'
        )
        assert problem(site, table.replace('"shop"', '"shp"')) == "jenkins_job_missing"
        assert problem(site, table.replace("{VERSION", "{VERSON")) == "jenkins_job_unfit"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GITHUB.replace("{release}", "{relase}"), "there is no placeholder {relase}"),
        ('\n[stages.main.health]\nurl = "api.example.org/health"\n', "stages.main.health.url"),
        ('\n[stages.main.deploy]\nrunner = "comand"\n', "stages.main.deploy"),
        ('\n[stages.main.deploy]\nrunner = "command"\ncommand = []\n', "stages.main.deploy"),
    ],
)
def test_what_the_configuration_alone_shows(site: Host, text: str, words: str) -> None:
    """An invalid deployment setting is a usage error that names the key or the placeholder."""
    site.configure(text)
    document = site.forge.json(*RELEASE, check=USAGE)
    assert words in told(document)


def test_a_circle_of_repositories(site: Host) -> None:
    """The error shows the cycle."""
    site.configure(GITHUB)
    config = site.forge.shop / "multigit.toml"
    config.write_text(
        config.read_text().replace("[repos.api]", '[repos.b]\nafter = ["api"]\n\n[repos.api]')
        .replace('github = "acme/api"\n', 'github = "acme/api"\nafter = ["b"]\n')
    )  # fmt: skip
    assert "→" in told(site.forge.json(*RELEASE, check=USAGE))


def test_an_address_that_apprise_does_not_know(site: Host) -> None:
    """An unknown scheme in a notification address is reported before the confirmation."""
    site.configure('\n[notify]\naddresses = ["slak://a/b/c"]\n')
    done = site.forge.run("promote", "stg", "main", check=REFUSED)
    assert "slak" in done.stderr


def test_an_operation_that_does_not_exist(site: Host) -> None:
    """`watch` and `approve` reject an unknown operation, and report when there is none to watch."""
    site.configure()
    for command in ("watch", "approve"):
        document = site.forge.json(command, "20250115T150130Z-promote-stg-main-7f3a")
        assert codes(document) == ["unknown_operation"]
        assert codes(site.forge.json(command)) == ["nothing_to_watch"]
    site.forge.json("log", check=DONE)
