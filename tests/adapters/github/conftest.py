"""A repository with workflows, and a double of GitHub that serves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.conftest import BUILD, DEPLOY, REPO
from tests.doubles.github import Environment, GitHub, Repository
from tests.support.forge import Forge, ForgeRepo


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with a dispatched workflow, one for pushes, and a deploy tag."""
    files = {".github/workflows/deploy.yml": DEPLOY, ".github/workflows/build.yml": BUILD}
    repo = forge.add("api", files={"README.md": "# api\n", **files})
    repo.remote_git("tag", "--annotate", "--message", "m", "deploy-1", "main")
    return repo


@pytest.fixture
def hub(api: ForgeRepo) -> Iterator[GitHub]:
    """Return a double without gates; assert at the end that no request broke its contract."""
    with GitHub({REPO: Repository(api.bare, environments=(Environment("production"),))}) as double:
        yield double
    assert double.violations == []


@pytest.fixture
def gated(api: ForgeRepo) -> Iterator[GitHub]:
    """Return a double in which production waits for ada or grace."""
    environments = (Environment("production", reviewers=("ada", "grace")),)
    with GitHub({REPO: Repository(api.bare, environments=environments)}) as double:
        yield double
    assert double.violations == []


@pytest.fixture
def old(api: ForgeRepo) -> Iterator[GitHub]:
    """Return a double of an Enterprise Server that does not return the id of a started run."""
    repository = Repository(api.bare, environments=(Environment("production"),))
    with GitHub({REPO: repository}, run_details=False, prefix="/api/v3") as double:
        yield double
    assert double.violations == []
