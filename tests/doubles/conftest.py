"""A repository with a deploying workflow, and GitHub's double on top of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.forge import Forge, ForgeRepo

from .github import Environment, GitHub, Repository

REPO = "acme/api"
DEPLOY = """\
name: Deploy
run-name: Deploy ${{ inputs.release }} (${{ inputs.token }})
on:
  workflow_dispatch:
    inputs:
      release: {required: true}
      token: {default: none}
      target: {type: choice, options: [nrt, fra], default: nrt}
jobs:
  test:
    steps: [{uses: actions/checkout@v4}, {run: make test}]
  deploy:
    environment: {name: production}
    steps: [{name: migrate}, {name: roll out}]
"""
BUILD = """\
on:
  push: {branches: [main, "release/**"], tags: ["v*"]}
jobs:
  build: {}
"""


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with one workflow to dispatch, and one that pushes start."""
    files = {".github/workflows/deploy.yml": DEPLOY, ".github/workflows/build.yml": BUILD}
    return forge.add("api", files={"README.md": "# api\n", **files})


@pytest.fixture
def github(api: ForgeRepo) -> Iterator[GitHub]:
    """Return a double without gates; no request may have broken the contract in the end."""
    environments = (Environment("staging"),)
    with GitHub({REPO: Repository(api.bare, environments=environments)}) as double:
        yield double
    assert double.violations == []


@pytest.fixture
def gated(api: ForgeRepo) -> Iterator[GitHub]:
    """Return a double in which production waits for ada or grace."""
    environments = (Environment("production", reviewers=("ada", "grace")),)
    with GitHub({REPO: Repository(api.bare, environments=environments)}) as double:
        yield double
    assert double.violations == []
