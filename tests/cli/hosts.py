"""Forges that deploy, with GitHub workflows that a double runs or with a command."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.cli.answers import rows
from tests.doubles.github import TOKEN, Environment, GitHub, Repository
from tests.support.forge import Forge
from tests.torture.hosts import hasty
from tests.torture.world import PACKAGE

STAGES = """
[stages.dev]
branch = "dev"

[stages.stg]
branch = "stg"
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"
confirm = "yes"

[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"
confirm = "yes"
environment = "production"
"""
GITHUB = """
[stages.main.deploy]
runner = "github"
workflow = "deploy.yml"
inputs = {version = "{release}"}
"""
COMMAND = """
[stages.stg.deploy]
runner = "command"
command = ["sh", "deploy.sh", "{release}"]
"""
WORKFLOW = """\
name: deploy
on:
  workflow_dispatch:
    inputs:
      version:
        required: true
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: ./deploy.sh
"""
GATED = WORKFLOW.replace("  deploy:\n", "  deploy:\n    environment: production\n")
RELEASE = ("promote", "stg", "main", "--yes")


def deployment(document: dict[str, Any], repo: str) -> dict[str, Any]:
    """Return the one deployment of a repository."""
    (found,) = rows(document)[repo]["deployment"]["targets"]
    return dict(found)


@cache
def impatient() -> Path:
    """Return a folder with a copy of multigit that polls at shorter intervals."""
    folder = Path(tempfile.mkdtemp(prefix="multigit-impatient-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return hasty(PACKAGE, folder / "package")


class Host:
    """A forge whose repositories are on GitHub, with a workflow that deploys them."""

    def __init__(self, forge: Forge, names: list[str], gated: frozenset[str] = frozenset()) -> None:
        self.forge = forge
        repositories = {}
        for name in names:
            workflow = GATED if name in gated else WORKFLOW
            repo = forge.add(name, files={"a": "1\n", ".github/workflows/deploy.yml": workflow})
            repo.commit("stg", {"b": "1\n"}, message="feat: b")
            environments = (Environment("production", reviewers=("ada",)),) if name in gated else ()
            repositories[f"acme/{name}"] = Repository(
                repo.bare, default_branch="main", workflows={}, environments=environments
            )
        self.double = GitHub(repositories)
        forge.env |= {"MULTIGIT_TOKEN": TOKEN, "PYTHONPATH": str(impatient())}

    def configure(self, extra: str = GITHUB) -> None:
        """Write the configuration with the double's address."""
        repos = "".join(
            f'\n[repos.{name}]\nurl = "{repo.url}"\ngithub = "acme/{name}"\n'
            for name, repo in self.forge.repos.items()
        )
        api = f'\n[github]\napi_url = "{self.double.api}"\n'
        self.forge.write_config(STAGES + extra + repos + api)


def scripted(forge: Forge) -> Forge:
    """Add two services that a script deploys to stg; api is deployed after database."""
    for name in ("database", "api"):
        repo = forge.add(name, files={"deploy.sh": 'echo "$1" >> "$PLACE/$MULTIGIT_REPO"\n'})
        repo.commit("dev", {"a": "1\n"}, message="feat: a")
    place = forge.root / "place"
    place.mkdir()
    forge.env |= {"PLACE": str(place), "PYTHONPATH": str(impatient())}
    repos = "".join(f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in forge.repos.items())
    forge.write_config(STAGES + COMMAND + repos + 'after = ["database"]\n')
    return forge


def deployed(forge: Forge) -> dict[str, list[str]]:
    """Return the releases that each service's script saw."""
    folder = Path(forge.env["PLACE"])
    return {file.name: file.read_text().split() for file in folder.iterdir()}
