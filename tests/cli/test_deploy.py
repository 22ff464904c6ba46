"""Deployments from the command line: GitHub's workflows on a double, and commands for real."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, codes, rows, states
from tests.doubles.github import TOKEN, Environment, GitHub, Point, Repository, faults
from tests.support.forge import Forge, remotes_untouched

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
COMMAND = """
[stages.stg.deploy]
runner = "command"
command = ["sh", "deploy.sh", "{release}"]
"""
RELEASE = ("promote", "stg", "main", "--yes")


def deployment(document: dict[str, Any], repo: str) -> dict[str, Any]:
    """Return the one deployment of a repository."""
    (found,) = rows(document)[repo]["deployment"]["targets"]
    return dict(found)


class Host:
    """A forge whose repositories lie at GitHub, with a workflow that deploys them."""

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
        forge.env["MULTIGIT_TOKEN"] = TOKEN

    def configure(self, extra: str = GITHUB) -> None:
        """Write the configuration with the double's address."""
        repos = "".join(
            f'\n[repos.{name}]\nurl = "{repo.url}"\ngithub = "acme/{name}"\n'
            for name, repo in self.forge.repos.items()
        )
        api = f'\n[github]\napi_url = "{self.double.api}"\n'
        self.forge.write_config(STAGES + extra + repos + api)


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return three repositories at GitHub; nothing that was asked breaks its contract."""
    made = Host(forge, ["database", "api", "web"], gated=frozenset({"web"}))
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def starts(host: Host) -> dict[str, int]:
    """Return how often each repository was deployed."""
    counted: Counter[str] = Counter()
    for start, times in host.double.starts.items():
        counted[start.repo] += times
    return dict(counted)


def test_a_release_is_dispatched_watched_and_recorded(host: Host) -> None:
    """Each workflow once, on the tag, with its inputs; the log and status know the ends."""
    host.double.script("acme/web", ["queued", "in_progress", "success"], times=1)
    chosen = ("-r", "database", "-r", "api")
    document = host.forge.json(*RELEASE, *chosen, check=DONE)
    assert starts(host) == {"acme/database": 1, "acme/api": 1}
    assert deployment(document, "api")["state"] == "succeeded"
    assert {start.ref for start in host.double.starts} == {document["release"]}
    (record,) = host.forge.json("log", check=DONE)["records"]
    assert record["repos"][0]["deployments"][0]["url"]


def test_what_cannot_be_dispatched_is_found_before_anything_is_pushed(host: Host) -> None:
    """A workflow without the trigger, and a token that is not there."""
    host.configure(GITHUB.replace("deploy.yml", "release.yml"))
    with remotes_untouched(host.forge):
        document = host.forge.json(*RELEASE, check=REFUSED)
    assert codes(rows(document)["api"]) == ["workflow_missing"]
    host.configure()
    del host.forge.env["MULTIGIT_TOKEN"]
    with remotes_untouched(host.forge):
        document = host.forge.json(*RELEASE, check=REFUSED)
    assert codes(rows(document)["api"]) == ["no_token"]
    host.forge.env["MULTIGIT_TOKEN"] = TOKEN


def test_a_gate_is_approved_and_the_deployment_watched_again(host: Host) -> None:
    """Started without waiting; the reviewer approves; watch sees the end and records it."""
    started = host.forge.json(*RELEASE, "-r", "web", "--no-wait", check=DONE)
    assert deployment(started, "web")["state"] == "queued"
    (run,) = host.double.runs()
    host.double.advance(run)
    refused = host.forge.json("approve", check=REFUSED)
    assert codes(refused) == ["confirmation_needed"]
    reviewed = host.forge.json("approve", "--yes", "--comment", "fine", check=DONE)
    assert reviewed["reviewed"] == [{"repo": "web", "target": None, "state": "approved"}]
    document = host.forge.json("watch", check=DONE)
    assert deployment(document, "web")["state"] == "succeeded"
    assert deployment(document, "web")["approved_by"]
    assert host.forge.json("log", check=DONE)["records"][-1]["command"] == "watch"


def test_the_token_is_told_nobody(host: Host) -> None:
    """Neither the screen, nor any file of ours, nor a failure."""
    host.double.inject(faults.error(422), "acme/api", "actions/create-workflow-dispatch", times=1)
    said = host.forge.run(*RELEASE, "-r", "api", "--no-wait")
    folder = host.forge.shop
    kept = "".join(
        file.read_text(errors="replace")
        for file in folder.rglob(".multigit/**/*")
        if file.is_file()
    )
    log = (folder / "deployment.log").read_text()
    assert TOKEN not in said.stdout + said.stderr + kept + log


def test_twenty_repositories_with_lost_answers_and_a_failure(forge: Forge) -> None:
    """Each is dispatched exactly once; the failure names its step; --failed mends it alone."""
    names = [f"s{number:02}" for number in range(20)]
    host = Host(forge, names)
    with host.double as double:
        host.configure()
        for name in names[:3]:
            double.inject(
                faults.effect_then(502), f"acme/{name}", "actions/create-workflow-dispatch", times=1
            )
        for name in names:
            double.script(f"acme/{name}", ["queued", "success"])
        bad = [Point("in_progress"), Point("failure", "deploy", "migrate")]
        double.script("acme/s07", bad, times=1)

        document = forge.json(*RELEASE, "-j", "16", check=FAILED)

        assert starts(host) == {f"acme/{name}": 1 for name in names}
        assert set(states(document).values()) == {"published"}
        failed = deployment(document, "s07")
        assert (failed["state"], failed["job"], failed["step"]) == ("failed", "deploy", "migrate")
        assert failed["url"]
        assert {deployment(document, n)["state"] for n in names if n != "s07"} == {"succeeded"}

        mended = forge.json("deploy", "main", "--failed", "--yes", check=DONE)
        assert list(states(mended).items()) == [("s07", "deployed")]
        assert starts(host)["acme/s07"] == 2
        assert sum(starts(host).values()) == 21
    assert double.violations == []


# --- Commands


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two services with a script; the api waits for the database."""
    for name in ("database", "api"):
        repo = forge.add(name, files={"deploy.sh": 'echo "$1" >> "$PLACE/$MULTIGIT_REPO"\n'})
        repo.commit("dev", {"a": "1\n"}, message="feat: a")
    place = forge.root / "place"
    place.mkdir()
    forge.env["PLACE"] = str(place)
    repos = "".join(f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in forge.repos.items())
    forge.write_config(STAGES + COMMAND + repos + 'after = ["database"]\n')
    return forge


def deployed(forge: Forge) -> dict[str, list[str]]:
    """Return the releases that each service's script saw."""
    folder = Path(forge.env["PLACE"])
    return {file.name: file.read_text().split() for file in folder.iterdir()}


def test_a_command_runs_once_in_an_export_of_the_commit(shop: Forge) -> None:
    """Not in the work tree, whatever lies there."""
    (shop.repos["api"].clone / "deploy.sh").write_text("exit 1\n")
    document = shop.json("promote", "dev", "stg", "--yes", check=DONE)
    assert deployed(shop) == {name: [document["release"]] for name in ("database", "api")}


def test_a_failure_keeps_the_later_wave_back_until_continue(shop: Forge) -> None:
    """The script is mended from outside; continue runs it again, and then the next wave."""
    place = Path(shop.env["PLACE"])
    (place / "database").mkdir()  # the script cannot write there
    document = shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    assert states(document) == {"database": "published", "api": "not_published"}
    assert deployment(document, "database")["state"] == "failed"
    (place / "database").rmdir()
    document = shop.json("continue", check=DONE)
    assert states(document) == {"database": "published", "api": "published"}
    assert deployed(shop) == {name: [document["release"]] for name in ("database", "api")}


def imported(forge: Forge, *args: str) -> set[str]:
    """Return what multigit imports on its way through a command that succeeds."""
    done = forge.run(*args, env={"PYTHONPROFILEIMPORTTIME": "1"}, check=DONE)
    rows = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line)
    return {name.partition(".")[0] for name in rows}


def test_github_is_not_imported_for_commands(shop: Forge) -> None:
    """Neither by a promotion nor by a deployment alone."""
    promotion = imported(shop, "promote", "dev", "stg", "--yes")
    again = imported(shop, "deploy", "stg", "--yes")
    assert {"multigit", "git"} <= promotion & again
    assert "github" not in promotion | again


def test_github_is_imported_for_its_workflows(host: Host) -> None:
    """So the test above can fail."""
    assert "github" in imported(host.forge, *RELEASE, "-r", "api", "--no-wait")


def test_attributes_of_the_work_tree_do_not_reach_the_export(shop: Forge) -> None:
    """An untracked file of the user's would turn the script's line ends around."""
    (shop.repos["api"].clone / ".gitattributes").write_text("* text eol=crlf\n")
    document = shop.json("promote", "dev", "stg", "--yes", check=DONE)
    assert deployed(shop)["api"] == [document["release"]]


def test_what_is_unfinished_and_deployed_is_not_undone_either(shop: Forge) -> None:
    """It stays open, for continue or abandon; abandon records what was deployed."""
    (Path(shop.env["PLACE"]) / "database").mkdir()  # the script cannot write there
    document = shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    shop.json("continue", check=FAILED)
    with remotes_untouched(shop):
        refused = shop.json("undo", "--yes", check=REFUSED)
    assert refused["problems"][0]["code"] == "cannot_be_undone"
    abandoned = shop.json("abandon", check=DONE)
    assert abandoned["operation"] == document["operation"]
    known = deployment(abandoned, "database")
    assert (known["state"], known["attempt"]) == ("failed", 2)


def test_what_was_deployed_is_not_undone(shop: Forge) -> None:
    """Undo says so, and leaves the refs."""
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    with remotes_untouched(shop):
        document = shop.json("undo", "--yes")
    assert codes(rows(document)["api"]) == ["deployed"]


def test_an_earlier_release_can_be_deployed(shop: Forge) -> None:
    """By its tag; no ref moves."""
    first = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    for repo in shop.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: more")
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    with remotes_untouched(shop):
        document = shop.json("deploy", "stg", first, "--yes", check=DONE)
    assert states(document) == {"database": "deployed", "api": "deployed"}
    assert [seen[-1] for seen in deployed(shop).values()] == [first, first]


def test_a_program_that_is_not_in_the_commit_blocks(shop: Forge) -> None:
    """Also one that is there and may not be executed."""
    config = (shop.shop / "multigit.toml").read_text()
    for program, code in (
        ("./missing.sh", "command_missing"),
        ("./deploy.sh", "command_not_executable"),
    ):
        shop.write_config(config.replace('"sh", "deploy.sh"', f'"{program}"'))
        with remotes_untouched(shop):
            document = shop.json("promote", "dev", "stg", "--yes", check=REFUSED)
        assert codes(rows(document)["api"]) == [code]


def test_a_release_that_does_not_exist_is_named(shop: Forge) -> None:
    """With the ones that do."""
    release = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    document = shop.json("deploy", "stg", "stg-deploy-20000101-000000", "--yes")
    assert document["result"] == "error"
    assert release in document["hint"]


def test_watching_what_is_over_changes_nothing(shop: Forge) -> None:
    """No second record; undo still finds the operation that published."""
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    first = shop.json("watch", check=DONE)
    assert deployment(first, "api")["state"] == "succeeded"
    assert len(shop.json("log", check=DONE)["records"]) == 1


def test_what_still_runs_is_not_deployed_again(shop: Forge) -> None:
    """Somebody has to see it end first."""
    started = shop.json("deploy", "stg", "-r", "database", "--no-wait", "--yes", check=DONE)
    shop.repos["database"].commit("dev", {"a": "2\n"}, message="feat: more")
    with remotes_untouched(shop):
        document = shop.json("promote", "dev", "stg", "-r", "database", "--yes", check=REFUSED)
    assert codes(rows(document)["database"]) == ["still_deploying"]
    shop.json("watch", started["operation"], check=DONE)
    shop.json("promote", "dev", "stg", "-r", "database", "--yes", check=DONE)
