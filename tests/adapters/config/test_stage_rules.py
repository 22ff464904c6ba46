"""A repository's own stages and branches in the configuration, and the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from multigit.adapters.config.load import load
from multigit.adapters.config.schema import schema
from multigit.adapters.config.values import USE_REF
from multigit.core.values.workspace import Repo
from multigit.errors import ConfigError

STAGES = """
[stages.dev]
[stages.stg]
branch = "staging"
promotes_from = "dev"
tag = "stg-{timestamp}"
[stages.main]
promotes_from = "stg"
"""


def mistakes(folder: Path, repo: str) -> dict[str, str]:
    """Return the hint of each message about a workspace with this repository."""
    with pytest.raises(ConfigError) as caught:
        read(folder, repo)
    return dict(caught.value.details)


def read(folder: Path, repo: str) -> Repo:
    """Return the only repository of a workspace."""
    file = folder / "multigit.toml"
    file.write_text(f"{STAGES}[repos.api]\n{repo}\n", encoding="utf-8")
    return load(file).repos[0]


def test_both_keys_are_read(tmp_path: Path) -> None:
    """A repository has its branches and its stages."""
    repo = read(tmp_path, 'branches = {dev = "develop"}\nstages = ["dev", "main"]')
    assert (repo.branches, repo.stages) == ({"dev": "develop"}, ("dev", "main"))


def test_branches_may_change_places(tmp_path: Path) -> None:
    """Only the branches that the repository really has are compared."""
    assert read(tmp_path, 'branches = {dev = "main", main = "release"}')
    assert read(tmp_path, 'branches = {dev = "staging"}\nstages = ["dev", "main"]')


@pytest.mark.parametrize(
    ("repo", "message", "hint"),
    [
        (
            "stages = []",
            "repos.api.stages: must not be empty.",
            "Name the stages that the repository has, or remove the key if it has all of them.",
        ),
        (
            'stages = ["dev", "mian"]',
            "repos.api.stages, item 2: there is no stage 'mian'.",
            "Did you mean main?",
        ),
        (
            'stages = ["dev", "dev"]',
            "repos.api.stages, item 2: 'dev' is listed twice.",
            "Keep one.",
        ),
        (
            'stages = ["main", "dev"]',
            "repos.api.stages: 'dev' must stand before 'main', as in promotes_from.",
            'Write stages = ["dev", "main"].',
        ),
        (
            'branches = {dve = "develop"}',
            "repos.api.branches.dve: there is no stage 'dve'.",
            "Did you mean dev?",
        ),
        (
            'branches = {stg = "stage"}\nstages = ["dev", "main"]',
            "repos.api.branches.stg: api has no stage 'stg'.",
            'Remove it, or add "stg" to the repository\'s stages.',
        ),
        (
            'branches = {dev = "main"}',
            "repos.api.branches.dev: 'main' is also its branch of stage main.",
            "Give each stage a branch of its own.",
        ),
        (
            'branches = {dev = "a", stg = "a"}',
            "repos.api.branches.stg: 'a' is also its branch of stage dev.",
            "Give each stage a branch of its own.",
        ),
        (
            'branches = {dev = "a..b"}',
            "repos.api.branches.dev: 'a..b' is not a valid name.",
            USE_REF,
        ),
        (
            'branches = "develop"',
            "repos.api.branches: must be made of tables, not the text 'develop'.",
            "Write each as in [repos.api.branches.NAME].",
        ),
        (
            'stages = ["dev", "main"]\n[repos.api.deploy.stg]\ncommand = ["true"]',
            "repos.api.deploy.stg: api has no stage 'stg'.",
            'Remove it, or add "stg" to the repository\'s stages.',
        ),
    ],
)
def test_a_mistake_says_what_to_write(tmp_path: Path, repo: str, message: str, hint: str) -> None:
    """It names the key, and one mistake is reported once."""
    assert mistakes(tmp_path, repo) == {message: hint}


def test_a_stage_is_deployed_where_a_repository_has_it(tmp_path: Path) -> None:
    """A repository without the stage need not complete its deploy table."""
    table = '[stages.stg.deploy]\nrunner = "jenkins"\n[repos.web]\n[repos.web.deploy.stg]\n'
    own = 'url = "https://ci.example.org"\njob = "shop"\n'
    assert read(tmp_path, f'stages = ["dev", "main"]\n{table}{own}').name == "api"
    assert list(mistakes(tmp_path, f"{table}{own}"))


def test_the_schema_knows_them() -> None:
    """An editor marks an empty list and a name that cannot be a branch."""
    check = Draft202012Validator(schema())
    for own, good in (
        ({"stages": ["dev"], "branches": {"dev": "develop"}}, True),
        ({"stages": []}, False),
        ({"stages": ["dev", "dev"]}, False),
        ({"branches": {"dev": "a..b"}}, False),
    ):
        assert check.is_valid({"stages": {"dev": {}}, "repos": {"api": own}}) is good
