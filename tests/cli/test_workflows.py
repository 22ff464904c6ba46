"""multigit init --workflows writes workflows that GitHub takes and that multigit can start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from multigit.adapters.github_workflow import read_workflow
from tests.cli.answers import DONE
from tests.support.forge import Forge, untouched


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two repositories, one of which has a workflow for stg already."""
    forge.add("api")
    forge.add("web", files={".github/workflows/deploy-stg.yml": "name: mine\n"})
    forge.write_config()
    return forge


def test_a_dry_run_writes_nothing(shop: Forge) -> None:
    """It lists what would be written."""
    with untouched(shop):
        done = shop.run("init", "--workflows", "--dry-run", check=DONE)
    assert "deploy-main.yml  would be written" in done.stdout


def test_they_fit_the_schema_and_can_be_dispatched(shop: Forge) -> None:
    """One for each stage with deploy tags; what is there stays as it is."""
    shop.json("init", "--workflows", check=DONE)
    clone = shop.repos["api"].clone
    files = sorted((clone / ".github" / "workflows").iterdir())
    assert [file.name for file in files] == ["deploy-main.yml", "deploy-stg.yml"]
    mine = shop.repos["web"].clone / ".github" / "workflows" / "deploy-stg.yml"
    assert mine.read_text() == "name: mine\n"
    subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.github-workflows", *map(str, files)),
        ],
        check=True,
        capture_output=True,
    )
    for file in files:
        assert read_workflow(file.read_text()).dispatchable
