"""multigit init --workflows writes workflows that GitHub accepts and multigit can start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from multigit.adapters.github.workflow_file import read_workflow
from tests.cli.answers import DONE, REFUSED, codes, rows, told
from tests.cli.hosts import impatient
from tests.doubles.github import TOKEN, Environment, GitHub, Repository
from tests.support.forge import Forge, untouched

STAGES = """
[stages.stg]
branch = "stg"
tag = "stg-{timestamp}"

[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"
confirm = "yes"
environment = "pro duction: 1"
"""
GITHUB = """
[stages.main.deploy]
runner = "github"
workflow = "ship.yml"
"""
TABLES = {
    "inputs": 'inputs = {tag = "{tag}", to = "{environment}", id = "{key}", fast = "yes"}',
    "none": "",
    "branch": 'ref = "branch"\ninputs = {sha = "{sha}"}',
    "push": 'trigger = "push"',
    "push of the branch": 'trigger = "push"\nref = "branch"',
}


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two repositories, one of which already has a workflow for stg."""
    forge.add("api")
    forge.add("web", files={".github/workflows/deploy-stg.yml": "name: mine\n"})
    forge.write_config()
    return forge


def require_schema(*files: Path) -> None:
    """Check workflows against the schema that editors use."""
    words = (sys.executable, "-m", "check_jsonschema", "--builtin-schema")
    subprocess.run(
        [*words, "vendor.github-workflows", *map(str, files)], check=True, capture_output=True
    )


def test_a_dry_run_writes_nothing(shop: Forge) -> None:
    """It lists what would be written."""
    with untouched(shop):
        done = shop.run("init", "--workflows", "--dry-run", check=DONE)
    assert "deploy-main.yml  would be written" in done.stdout
    assert "3 workflows would be written." in done.stdout


def test_they_fit_the_schema_and_can_be_dispatched(shop: Forge) -> None:
    """One for each stage with deploy tags; an existing file stays as it is."""
    shop.json("init", "--workflows", check=DONE)
    clone = shop.repos["api"].clone
    files = sorted((clone / ".github" / "workflows").iterdir())
    assert [file.name for file in files] == ["deploy-main.yml", "deploy-stg.yml"]
    mine = shop.repos["web"].clone / ".github" / "workflows" / "deploy-stg.yml"
    assert mine.read_text() == "name: mine\n"
    require_schema(*files)
    for file in files:
        assert read_workflow(file.read_text()).dispatchable
    with untouched(shop):
        assert "Nothing was written." in shop.run("init", "--workflows", check=DONE).stdout


def test_a_link_that_leads_nowhere_is_not_written_through(shop: Forge) -> None:
    """A dangling symlink counts as an existing file."""
    folder = shop.repos["api"].clone / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "deploy-stg.yml").symlink_to(shop.root / "elsewhere")
    assert "deploy-stg.yml  already exists" in shop.run("init", "--workflows", check=DONE).stdout
    assert not (shop.root / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_a_refusal(shop: Forge) -> None:
    """A file named .github is in the way of the folder."""
    (shop.repos["api"].clone / ".github").write_text("mine\n")
    document = shop.json("init", "--workflows", check=REFUSED)
    assert codes(document) == ["not_writable"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_is_written_is_what_multigit_starts(forge: Forge, table: str) -> None:
    """GitHub accepts the start with the configured inputs, and multigit finds the run."""
    api = forge.add("api")
    environment = Environment("pro duction: 1")
    hub = Repository(api.bare, default_branch="main", workflows={}, environments=(environment,))
    double = GitHub({"acme/api": hub})
    forge.env |= {"MULTIGIT_TOKEN": TOKEN, "PYTHONPATH": str(impatient())}
    with double:
        repos = f'[repos.api]\nurl = "{api.url}"\ngithub = "acme/api"\n'
        forge.write_config(f'{STAGES}{GITHUB}{table}\n{repos}[github]\napi_url = "{double.api}"\n')
        forge.json("init", "--workflows", check=DONE)
        file = api.clone / ".github" / "workflows" / "ship.yml"
        require_schema(file)
        for branch in ("main", "stg"):
            api.commit(branch, {".github/workflows/ship.yml": file.read_text()})
        api.commit("stg", {"b": "1\n"})
        started = forge.json("promote", "stg", "main", "--yes", "--no-wait", check=DONE)
        document = forge.json("watch", check=DONE)
    assert double.violations == []
    assert not rows(started)["api"]["problems"]
    (target,) = rows(document)["api"]["deployment"]["targets"]
    assert target["state"] == "succeeded"


def test_stages_that_share_a_file_without_a_word_get_none(shop: Forge) -> None:
    """The shared file is not written, with a hint; the other files are."""
    config = (shop.shop / "multigit.toml").read_text()
    tables = "".join(
        f'\n[stages.{stage}.deploy]\nrunner = "github"\nworkflow = "d.yml"\n'
        for stage in ("stg", "main")
    )
    own = '\n[repos.web.deploy.main]\nworkflow = "mine.yml"\n'
    shop.write_config(config + tables + own)
    document = shop.json("init", "--workflows", check=REFUSED)
    assert document["result"] == "blocked"
    assert [(row["file"], row["written"], codes(row)) for row in document["repos"]] == [
        (".github/workflows/d.yml", False, ["workflow_shared"]),
        (".github/workflows/d.yml", True, []),
        (".github/workflows/mine.yml", True, []),
    ]
    assert "Use a file for each" in told(document)
    said = shop.run("init", "--workflows", check=REFUSED)
    assert "d.yml  not written: stg and main use the same d.yml" in said.stdout
    assert "Hint: Use a file for each" in said.stderr
