"""What is required of repositories that a stage may roll back without a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from multigit.adapters.config.load import load
from multigit.adapters.config.schema import schema
from multigit.core.values.workspace import OnUnhealthy, Workspace
from multigit.errors import ConfigError

HEAD = """
[stages.dev]
[stages.main]
promotes_from = "dev"
on_unhealthy = "rollback"
"""
DEPLOY = '[stages.main.deploy]\nrunner = "command"\ncommand = ["./deploy.sh"]\n'
MISSING = (
    "repos.{}.irreversible: is missing: {} may be rolled back without a person"
    ' (on_unhealthy = "rollback").'
)
WRITE = (
    'Write the files that cannot be rolled back, such as irreversible = ["migrations/**"],'
    " or irreversible = [] if there are none."
)
USE = "Such as migrations/**: without a / at the beginning, without '.' and '..' in it."


def read(folder: Path, text: str) -> Workspace:
    """Load a configuration of this text."""
    file = folder / "multigit.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def mistakes(folder: Path, text: str) -> dict[str, str]:
    """Return the hint of each message about a configuration of this text."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert str(folder / "multigit.toml") in caught.value.message
    return dict(caught.value.details)


def test_the_default_is_nothing(tmp_path: Path) -> None:
    """Without the key nothing is required, and "not set" differs from "none"."""
    space = read(tmp_path, f"[stages.main]\n{DEPLOY}[repos.api]\n[repos.web]\nirreversible = []\n")
    assert space.stages[0].on_unhealthy is OnUnhealthy.NOTHING
    assert [repo.irreversible for repo in space.repos] == [None, ()]


def test_each_deployed_repository_says_it(tmp_path: Path) -> None:
    """An empty list is an answer, and a repository that is not deployed there owes none."""
    space = read(
        tmp_path,
        f"""{HEAD}{DEPLOY}
        [repos.api]
        irreversible = []
        [repos.web]
        irreversible = ["db/*.sql"]
        [repos.docs]
        deploy.main.runner = "none"
        [repos.notes]
        stages = ["dev"]
        """,
    )
    assert space.stage("main").on_unhealthy is OnUnhealthy.ROLLBACK
    assert [repo.irreversible for repo in space.repos] == [(), ("db/*.sql",), None, None]


def test_a_repository_that_says_nothing(tmp_path: Path) -> None:
    """The mistake names the key and what to write, once for all stages."""
    text = f"{HEAD}{DEPLOY}[repos.api]\n[repos.web]\nirreversible = []\n"
    assert mistakes(tmp_path, text) == {MISSING.format("api", "main"): WRITE}
    twice = text.replace("[stages.dev]", f'[stages.dev]\non_unhealthy = "rollback"\n{DEPLOY}')
    twice = twice.replace("[stages.main.deploy]", "[stages.dev.deploy]", 1)
    assert mistakes(tmp_path, twice) == {MISSING.format("api", "dev and main"): WRITE}


def test_a_deployment_of_its_own_counts(tmp_path: Path) -> None:
    """Only the repository that is deployed must say it, also if the stage has no table."""
    own = '[repos.api.deploy.main]\nrunner = "command"\ncommand = ["./deploy.sh"]\n'
    text = f"{HEAD}[repos.api]\n[repos.web]\n{own}"
    assert mistakes(tmp_path, text) == {MISSING.format("api", "main"): WRITE}


def test_nothing_to_roll_back(tmp_path: Path) -> None:
    """A stage to which no repository is deployed cannot be rolled back after a deployment."""
    assert mistakes(tmp_path, f"{HEAD}[repos.api]\nirreversible = []\n") == {
        "stages.main.on_unhealthy: no repository is deployed to this stage.": (
            "Add a table [stages.main.deploy], or remove on_unhealthy."
        )
    }


OUTSIDE = ("/srv/**", "../db/**", "a/../b", "./a", "a//b", "a//", "~/a", "a/..", "a/.", ".", "!/a")


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (
            '"migrations/**"',
            ": must be a list, not the text 'migrations/**'.",
            'Write it as ["one", "two"].',
        ),
        (
            '["ok", ""]',
            ", item 2: must not be empty.",
            "Write a text, or remove the key.",
        ),
        *(
            (
                f'["ok", "{each}"]',
                f", item 2: must be a pattern of paths in the repository, not '{each}'.",
                USE,
            )
            for each in (*OUTSIDE, "!", "..")
        ),
    ],
)
def test_a_wrong_value_is_not_missing_too(
    tmp_path: Path, value: str, message: str, hint: str
) -> None:
    """The only mistake is the one about the value, even if it is one of a list."""
    found = mistakes(tmp_path, f"{HEAD}{DEPLOY}[repos.api]\nirreversible = {value}\n")
    assert found == {f"repos.api.irreversible{message}": hint}


def test_a_wrong_runner_is_the_only_mistake(tmp_path: Path) -> None:
    """Whether something is deployed is not said while that is open."""
    text = f'{HEAD}[stages.main.deploy]\nrunner = "comand"\n[repos.api]\n'
    (message,) = mistakes(tmp_path, text)
    assert message.startswith("stages.main.deploy.runner: must be ")


def test_an_unknown_word(tmp_path: Path) -> None:
    """The message lists what can be written."""
    text = f"{HEAD.replace('rollback', 'roll-back')}{DEPLOY}[repos.api]\n"
    assert list(mistakes(tmp_path, text)) == [
        "stages.main.on_unhealthy: must be 'nothing' or 'rollback', not the text 'roll-back'."
    ]


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (["migrations/**", "!migrations/README.md", "*.sql", "data/", "..a/b..", ".env"], True),
        ([], True),
        *(([each], False) for each in (*OUTSIDE, "", "!", "..")),
        ("migrations/**", False),
    ],
)
def test_the_schema_agrees(tmp_path: Path, value: object, good: bool) -> None:  # noqa: FBT001
    """What an editor marks is what multigit refuses."""
    document = {"stages": {"main": {}}, "repos": {"api": {"irreversible": value}}}
    assert Draft202012Validator(schema()).is_valid(document) is good
    text = f"[stages.main]\n[repos.api]\nirreversible = {value!r}\n"
    if good:
        assert read(tmp_path, text).repos[0].irreversible == tuple(value)  # type: ignore[arg-type]
    else:
        assert mistakes(tmp_path, text)
