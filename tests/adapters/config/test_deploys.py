"""What `multigit.toml` says about deployments, and the messages about its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.adapters.config.load import load
from multigit.core.values.deploy_config import (
    CommandRunner,
    Deploy,
    GithubRunner,
    HealthCheck,
    JenkinsRunner,
    Pace,
    Trigger,
)
from multigit.core.values.workspace import Workspace
from multigit.errors import ConfigError

STAGE = '[stages.stg]\ntag = "stg-{timestamp}"\n[repos.database]\n[repos.api]\n'
RUNNER = STAGE + '[stages.stg.deploy]\nrunner = "command"\n'
COMMAND = RUNNER + 'command = ["./deploy.sh"]\n'
UNTAGGED = COMMAND.replace('tag = "stg-{timestamp}"\n', "")


SHELL = COMMAND.replace('"command"', '"shell"')
OWN = "[repos.api.deploy.stg]\n"
GITHUB = STAGE + '[stages.stg.deploy]\nrunner = "github"\nworkflow = "x.yml"\n'


def read(folder: Path, text: str) -> Workspace:
    """Load a configuration of this text."""
    file = folder / "multigit.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def deploys(workspace: Workspace) -> dict[str, Deploy | None]:
    """Return how each repository is deployed to stg."""
    stage = workspace.stage("stg")
    return {repo.name: workspace.deploy(repo, stage) for repo in workspace.repos}


def test_a_stage_without_a_table_is_not_deployed(tmp_path: Path) -> None:
    """No repository is deployed to a stage without a `deploy` table."""
    assert deploys(read(tmp_path, STAGE)) == {"database": None, "api": None}


def test_every_runner_is_read(tmp_path: Path) -> None:
    """Each runner has its own keys; the stage's pace and health check apply, too."""
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
    """Its own `runner = "none"` overrides the stage's runner."""
    space = read(tmp_path, COMMAND + '[repos.api.deploy.stg]\nrunner = "none"\n')
    assert deploys(space) == {"database": Deploy(CommandRunner(("./deploy.sh",))), "api": None}


def test_what_each_repository_has_of_its_own_may_be_missing_in_the_stage(tmp_path: Path) -> None:
    """For example, the stage needs no command if each repository has one."""
    own = "".join(f'[repos.{n}.deploy.stg]\ncommand = ["{n}"]\n' for n in ("database", "api"))
    space = read(tmp_path, STAGE + '[stages.stg.deploy]\nrunner = "command"\n' + own)
    assert deploys(space)["api"] == Deploy(CommandRunner(("api",)))


def test_repositories_form_waves(tmp_path: Path) -> None:
    """Each repository is in the wave after the last one that it depends on."""
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
            "repos.api.deploy.stg.ref: is the tag, but the stage has none",
        ),
        (f"{COMMAND}[stages.stg.health]", "stages.stg.health.url: is missing"),
        (f"{COMMAND}[stages.stg.health]\nurl = 'ftp://x'", "is not an http or https address"),
        (f"{STAGE}[stages.stg.health]\nurl = 'http://x'", "there is no deployment to check"),
        (
            f"{COMMAND}[stages.stg.health]\nurl = 'http://x'\njson = 'a'\nheader = 'b'",
            "header: cannot be used with json",
        ),
        (f"{COMMAND}[repos.api.deploy.prod]", "repos.api.deploy.prod: there is no stage 'prod'"),
        (f"{STAGE}github = 'api'", "repos.api.github: must be owner/name"),
        (f"{STAGE}[notify]\nevents = ['done']", "must be 'started', 'succeeded', 'failed'"),
        (f"{STAGE}[notify]\nstages = ['prod']", "notify.stages, item 1: there is no stage 'prod'"),
    ],
)
def test_a_mistake_is_reported_with_its_key(tmp_path: Path, text: str, sentence: str) -> None:
    """It is reported once, in plain words."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert [message for message, _ in caught.value.details if sentence in message]
    assert len(caught.value.details) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SHELL, "stages.stg.deploy.runner: must be 'github', "),
        (GITHUB.replace('"github"', '"shell"'), "stages.stg.deploy.runner: must be 'github', "),
        (f"{SHELL}{OWN}timeout = '1m'", "stages.stg.deploy.runner: must be 'github', "),
        (f"{COMMAND}{OWN}runner = 'shell'\nworkflow = 'x'", "repos.api.deploy.stg.runner: must be"),
        (
            COMMAND.replace('["./deploy.sh"]', "5") + OWN + "timeout = '1m'",
            "stages.stg.deploy.command: must be a list",
        ),
        (
            f"{RUNNER}{OWN}command = 5\n[repos.database.deploy.stg]\ncommand = ['a']",
            "repos.api.deploy.stg.command: must be a list",
        ),
        (GITHUB.replace("{timestamp}", "1"), "stages.stg.tag: must contain {timestamp}"),
        (
            "[repos.api]\n[repos.api.health.stg]\nurl = 'http://x'\n[stages.stg]\ndeploy = 5",
            "stages.stg.deploy: must be a table",
        ),
        (
            COMMAND.replace("./deploy.sh", "{relase}") + OWN + "timeout = '1m'",
            "stages.stg.deploy.command: there is no placeholder {relase}",
        ),
        (f"{COMMAND}targets = ['a b']\n{OWN}timeout = '1m'", "stages.stg.deploy.targets, item 1:"),
    ],
)
def test_a_wrong_value_causes_no_other_mistake(tmp_path: Path, text: str, sentence: str) -> None:
    """Values that depend on it are not reported, in the stage's table or in a repository's."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    ((message, _),) = caught.value.details
    assert message.startswith(sentence)


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ("'a'", "targets: must be a list"),
        ("['']", "targets, item 1: must not be empty"),
        ("['a', ' ']", "targets, item 2: must not be empty"),
        ("['a', 'b', 'a']", "targets, item 3: 'a' is listed twice"),
        ("['a/b']", "targets, item 1: 'a/b' is not a valid target name"),
        ("['..']", "targets, item 1: '..' is not a valid target name"),
        ("['-a']", "targets, item 1: '-a' is not a valid target name"),
        ('["a\\u001b"]', "targets, item 1: has control or invisible characters"),
        ('["a\\nb"]', "targets, item 1: has control or invisible characters"),
        ("['a', 5]", "targets, item 2: must be a text"),
    ],
)
@pytest.mark.parametrize("own", ["", OWN])
def test_a_target_is_a_name(tmp_path: Path, targets: str, sentence: str, own: str) -> None:
    """Targets are part of keys and URLs, so their names are checked in every table."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"{COMMAND}{own}targets = {targets}\n")
    ((message, _),) = caught.value.details
    place = "repos.api.deploy.stg." if own else "stages.stg.deploy."
    assert message.startswith(f"{place}{sentence}")


MISSPELT = "stages.mian: is none of the stages stg, main, and has nothing but "
CHAIN = STAGE + '[stages.main]\npromotes_from = "stg"\n'
SHOP = f"{CHAIN}[stages.mian.deploy]\nrunner = 'command'\ncommand = ['a']\n"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (SHOP, [f"{MISSPELT}deploy."]),
        (f"{SHOP}[stages.main.health]\nurl = 'http://x'", [f"{MISSPELT}deploy."]),
        (f"{SHOP}[repos.api.deploy.main]\ncommand = ['b']", [f"{MISSPELT}deploy."]),
        (f"{SHOP}[stages.mian.health]\nurl = 'http://x'", [f"{MISSPELT}deploy, health."]),
        (
            f"{SHOP}tragets = ['a']",
            ["stages.mian.deploy.tragets: there is no such key.", f"{MISSPELT}deploy."],
        ),
        (
            f"{SHOP}[repos.api.deploy.mian]\ntimeout = '1m'",
            [f"{MISSPELT}deploy.", "repos.api.deploy.mian: there is no stage 'mian'."],
        ),
        (
            CHAIN + "[stages.main.deploy]\nrunner = 'command'\n[stages.mian.deploy]",
            [f"{MISSPELT}deploy.", "stages.main.deploy.command: is missing: the runner"],
        ),
    ],
)
def test_a_misspelt_stage_of_a_table_is_not_a_new_stage(
    tmp_path: Path, text: str, messages: list[str]
) -> None:
    """The hint suggests the stage that was meant, and what the table sets is not called missing."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    found = [message for message, _ in caught.value.details]
    assert len(found) == len(messages)
    assert all(a.startswith(b) for a, b in zip(found, messages, strict=True))
    hints = [hint for message, hint in caught.value.details if message.startswith(MISSPELT)]
    assert hints == ["Did you mean main? A new stage needs its branch: branch = 'mian'."]


def test_a_wrong_stage_is_not_taken_for_a_misspelt_one(tmp_path: Path) -> None:
    """A stage that has a wrong key, or that a misspelt `promotes_from` meant, is still a stage."""
    text = CHAIN.replace('"stg"', '"sgt"').replace('tag = "stg-{timestamp}"', "")
    tables = "[stages.stg.deploy]\nrunner = 'command'\ncommand = ['a']\n"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text + tables)
    assert caught.value.details == (
        ("stages.main.promotes_from: there is no stage 'sgt'.", "Did you mean stg?"),
    )
    text = CHAIN.replace('promotes_from = "stg"', "tag = 5")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text + tables.replace("stg", "main"))
    assert [message for message, _ in caught.value.details] == [
        "stages.main.tag: must be a text, not the number 5."
    ]


def test_a_stage_may_have_nothing_but_tables(tmp_path: Path) -> None:
    """It may if another stage is promoted from it, it is the only stage, or it has a branch."""
    tables = "[stages.stg.deploy]\nrunner = 'command'\ncommand = ['a']\n[repos.api]\n"
    for rest in (
        "",
        "[stages.main]\npromotes_from = 'stg'",
        "[stages.stg]\nbranch = 'stg'\n[stages.main]",
    ):
        stages = read(tmp_path, tables + rest).stages
        assert stages[-1 if "[stages.stg]" in rest else 0].name == "stg"
