"""Deployments that a push starts, on a double of GitHub: path filters, [skip ci], skipped jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.answers import DONE, codes, rows, states
from tests.cli.hosts import RELEASE, Host, deployment
from tests.support.forge import Forge

BY_PUSH = """
[stages.main.deploy]
runner = "github"
workflow = "deploy.yml"
trigger = "push"
"""
ON_PUSH = """\
on: {push: {branches: [main], paths: ['src/**']}}
jobs:
  test: {steps: [{run: make test}]}
  deploy: {if: github.ref == 'refs/heads/IF', steps: [{run: ./deploy}]}
"""
RUNS = ON_PUSH.replace("IF", "main")
SKIPS = ON_PUSH.replace("IF", "elsewhere")


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return a docs, an api and a web repository, in waves; only the latter two change src."""
    made = Host(forge, ["docs", "api", "web"])
    for name, workflow in (("docs", RUNS), ("api", RUNS), ("web", SKIPS)):
        file = {".github/workflows/deploy.yml": workflow}
        for branch in ("main", "stg"):
            forge.repos[name].commit(branch, file)
        if name != "docs":
            forge.repos[name].commit("stg", {"src/a": "1\n"})
    with made.double:
        made.configure(BY_PUSH)
        config = forge.shop / "multigit.toml"
        text = config.read_text()
        for name, earlier in (("api", "docs"), ("web", "api")):
            text = text.replace(f"[repos.{name}]\n", f'[repos.{name}]\nafter = ["{earlier}"]\n')
        config.write_text(text)
        yield made
    assert made.double.violations == []


def test_what_a_push_skips_by_design_lets_the_rest_be_deployed(host: Host) -> None:
    """The plan announces it; the result, the log and the status agree; nothing is left to do."""
    release = host.forge.json(*RELEASE, check=DONE)
    found = {name: codes(row) for name, row in rows(release).items()}
    assert found == {"docs": ["path_filter"], "api": [], "web": []}
    assert states(release) == dict.fromkeys(("docs", "api", "web"), "published")
    assert release["message"] == "3 published, 1 deployed, 2 skipped."
    runs = {name: deployment(release, name) for name in ("docs", "api", "web")}
    assert {name: each["state"] for name, each in runs.items()} == {
        "docs": "skipped",
        "api": "succeeded",
        "web": "skipped",
    }
    assert (runs["docs"]["url"], bool(runs["web"]["url"])) == (None, True)
    assert "passes the path filter of deploy.yml" in runs["docs"]["detail"]
    assert runs["web"]["detail"] == "GitHub skipped deploy, so nothing was deployed."
    log = host.forge.run("log").stdout
    assert "3 published, 1 deployed, 2 skipped" in " ".join(log.split())
    status = json.loads(host.forge.run("status", "--json").stdout)
    last = {row["repo"]: row["deployed"]["main"]["state"] for row in status["repos"]}
    assert last == {"docs": "skipped", "api": "succeeded", "web": "skipped"}
    assert [run.repo for run in host.double.runs()] == ["acme/api", "acme/web"]


def test_a_message_that_skips_is_announced_and_skips(host: Host) -> None:
    """The message is that of the merge commit, which is the tip of what is pushed."""
    release = host.forge.json(*RELEASE, "-r", "api", "-m", "docs only [skip ci]", check=DONE)
    assert codes(rows(release)["api"]) == ["skip_instruction"]
    assert release["message"] == "1 published, 1 skipped."
    assert "[skip ci]" in deployment(release, "api")["detail"]
    assert host.double.runs() == ()
