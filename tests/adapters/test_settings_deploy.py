"""What `multigit.toml` says about deployments, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.adapters.settings import load
from multigit.core.deployment import (
    CommandRunner,
    Deploy,
    GithubRunner,
    HealthCheck,
    JenkinsRunner,
    Pace,
    Trigger,
)
from multigit.core.workspace import Workspace
from multigit.errors import ConfigError

STAGE = '[stages.stg]\ntag = "stg-{timestamp}"\n[repos.database]\n[repos.api]\n'
COMMAND = STAGE + '[stages.stg.deploy]\nrunner = "command"\ncommand = ["./deploy.sh"]\n'
UNTAGGED = COMMAND.replace('tag = "stg-{timestamp}"\n', "")


def read(folder: Path, text: str) -> Workspace:
    """Load a configuration."""
    file = folder / "multigit.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def deploys(workspace: Workspace) -> dict[str, Deploy | None]:
    """Return how each repository is deployed to stg."""
    stage = workspace.stage("stg")
    return {repo.name: workspace.deploy(repo, stage) for repo in workspace.repos}


def test_a_stage_without_a_table_is_not_deployed(tmp_path: Path) -> None:
    """Nor is one with a health check for nothing."""
    assert deploys(read(tmp_path, STAGE)) == {"database": None, "api": None}


def test_every_runner_arrives(tmp_path: Path) -> None:
    """With its own keys, the stage's pace and the health check."""
    space = read(
        tmp_path,
        STAGE
        + """
        [stages.stg.deploy]
        runner = "github"
        workflow = "deploy.yml"
        trigger = "push"
        ref = "branch"
        inputs = {version = "{release}"}
        targets = ["nrt", "fra"]
        timeout = "10m"
        concurrency = 3
        pause = "2s"
        [stages.stg.health]
        url = "https://{repo}.example.org/{target}"
        header = "X-Version"
        equals = "{release}"
        attempts = 4
        interval = "1s"
        successes = 2
        timeout = "9s"
        [repos.database.deploy.stg]
        runner = "jenkins"
        url = "https://jenkins.example.org"
        job = "shop/deploy"
        params = {V = "{sha}"}
        """,
    )
    health = HealthCheck(
        "https://{repo}.example.org/{target}",
        header="X-Version",
        equals="{release}",
        attempts=4,
        interval=1.0,
        successes=2,
        timeout=9.0,
    )
    targets = ("nrt", "fra")
    github = GithubRunner("deploy.yml", Trigger.PUSH, "branch", {"version": "{release}"})
    jenkins = JenkinsRunner("https://jenkins.example.org", "shop/deploy", params={"V": "{sha}"})
    assert deploys(space) == {
        "api": Deploy(github, targets, 600.0, health),
        "database": Deploy(jenkins, targets, 600.0, health),
    }
    assert space.stage("stg").pace == Pace(3, 2.0)


def test_a_repository_can_be_left_out(tmp_path: Path) -> None:
    """By the runner that does nothing."""
    space = read(tmp_path, COMMAND + '[repos.api.deploy.stg]\nrunner = "none"\n')
    assert deploys(space) == {"database": Deploy(CommandRunner(("./deploy.sh",))), "api": None}


def test_what_each_repository_has_of_its_own_may_be_missing_in_the_stage(tmp_path: Path) -> None:
    """A command for each, for one."""
    own = "".join(f'[repos.{n}.deploy.stg]\ncommand = ["{n}"]\n' for n in ("database", "api"))
    space = read(tmp_path, STAGE + '[stages.stg.deploy]\nrunner = "command"\n' + own)
    assert deploys(space)["api"] == Deploy(CommandRunner(("api",)))


def test_repositories_form_waves(tmp_path: Path) -> None:
    """One later than the last that is waited for."""
    text = STAGE.replace("[repos.api]", '[repos.api]\nafter = ["database"]\n[repos.web]\n')
    space = read(tmp_path, text + 'after = ["api", "database"]\n')
    assert {repo.name: repo.wave for repo in space.repos} == {"database": 0, "api": 1, "web": 2}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{STAGE}after = ['databse']", "repos.api.after, item 1: there is no repository"),
        (f"{STAGE}after = ['api']", "repos.api.after: the repositories wait for each other"),
        (
            f"{STAGE}[stages.stg.deploy]\nrunner = 'gitlab'",
            "must be 'github', 'command', 'jenkins'",
        ),
        (f"{STAGE}[stages.stg.deploy]\nrunner = 'github'", "deploy.workflow: is missing"),
        (f"{STAGE}[stages.stg.deploy]\nrunner = 'command'", "deploy.command: is missing"),
        (f"{COMMAND}workflow = 'x.yml'", "workflow: is a key of the runner github"),
        (f"{COMMAND}timeout = '5'", "stages.stg.deploy.timeout: must be a duration"),
        (f"{COMMAND}pause = 'x'", "stages.stg.deploy.pause: must be a duration"),
        (f"{COMMAND}tiemout = '5m'", "stages.stg.deploy.tiemout: there is no such key"),
        (
            COMMAND.replace("./deploy.sh", "{relase}"),
            "deploy.command: there is no placeholder {relase}",
        ),
        (
            f"{UNTAGGED}[repos.api.deploy.stg]\nrunner = 'github'\nworkflow = 'x.yml'",
            "repos.api.deploy.stg.ref: is the tag, and the stage sets none",
        ),
        (f"{COMMAND}[stages.stg.health]", "stages.stg.health.url: is missing"),
        (f"{COMMAND}[stages.stg.health]\nurl = 'ftp://x'", "is no http or https address"),
        (f"{STAGE}[stages.stg.health]\nurl = 'http://x'", "there is no deployment to check"),
        (
            f"{COMMAND}[stages.stg.health]\nurl = 'http://x'\njson = 'a'\nheader = 'b'",
            "header: stands beside json",
        ),
        (f"{COMMAND}[repos.api.deploy.prod]", "repos.api.deploy.prod: there is no stage 'prod'"),
        (f"{STAGE}github = 'api'", "repos.api.github: must be owner/name"),
        (f"{STAGE}[notify]\nevents = ['done']", "must be 'started', 'succeeded', 'failed'"),
        (f"{STAGE}[notify]\nstages = ['prod']", "notify.stages, item 1: there is no stage 'prod'"),
    ],
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, text: str, sentence: str) -> None:
    """Once, in plain words."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert [message for message, _ in caught.value.details if sentence in message]
    assert len(caught.value.details) == 1
