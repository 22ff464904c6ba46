"""A repository without staging, whose first branch is develop, beside one with everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multigit.ui.render import ABSENT
from tests.cli.answers import DONE, FAILED, USAGE, codes, rows, states, subject
from tests.support.forge import Forge, untouched

OWN = """
[repos.docs]
url = "{url}"
branches = {{dev = "develop"}}
stages = ["dev", "main"]
"""


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """Return a workspace in which api has all stages, and docs only dev and main."""
    forge = Forge(tmp_path)
    forge.add("api")
    own = OWN.format(url=forge.add("docs", stages=("develop", "main")).url)
    file = forge.write_config()
    text = file.read_text("utf-8")
    file.write_text(text[: text.index('[repos."docs"]')] + own.lstrip(), encoding="utf-8")
    return forge


def work(forge: Forge) -> None:
    """Let colleagues commit on the first stage of both, and on the last stage of docs."""
    forge.repos["api"].commit("dev", {"a.txt": "1\n"}, message="feat: api")
    forge.repos["docs"].commit("develop", {"a.txt": "1\n"}, message="feat: docs")


def test_work_never_reaches_a_stage_under_the_name_of_another(forge: Forge) -> None:
    """Promotions between stages that a repository lacks leave it out, and say so."""
    work(forge)
    docs = forge.repos["docs"].remote_refs()
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert states(document) == {"api": "published", "docs": "skipped"}
    assert codes(rows(document)["docs"]) == ["no_stage"]
    done = forge.run("promote", "stg", "main", "--confirm", "main", check=DONE)
    assert done.stdout.count("docs: has no stage stg.") == 2  # in the plan and in the result
    assert done.stdout.rstrip().endswith("1 published, 1 left out.")
    assert forge.repos["docs"].remote_refs() == docs
    record = forge.json("log", check=DONE)["records"][0]
    assert [(repo["repo"], repo["state"]) for repo in record["repos"]] == [
        ("api", "published"),
        ("docs", "skipped"),
    ]
    assert [each["code"] for each in record["repos"][1]["problems"]] == ["no_stage"]
    assert "1 published, 1 left out" in forge.run("log", check=DONE).stdout


def test_it_is_promoted_directly_and_undone(forge: Forge) -> None:
    """The branches may be named instead of the stages; the other repository stays as it is."""
    work(forge)
    before = {name: repo.remote_refs() for name, repo in forge.repos.items()}
    document = forge.json("promote", "develop", "main", "--confirm", "main", check=DONE)
    assert states(document) == {"api": "skipped", "docs": "published"}
    assert codes(rows(document)["api"]) == ["not_neighbours"]
    assert (document["source"], document["target"]) == ("dev", "main")
    docs = forge.repos["docs"]
    assert subject(docs, "main") == "Merge develop into main (production deployment)"
    assert docs.remote_git("rev-parse", "main^2") == docs.tip("develop")
    assert docs.tree("main")["a.txt"] == "1\n"
    assert f"refs/tags/{document['release']}" in docs.remote_refs()
    assert forge.repos["api"].remote_refs() == before["api"]
    plan = forge.run("undo", "--dry-run", check=DONE)
    assert "up to date" not in plan.stdout
    assert "! api: has stg between dev and main." in plan.stdout
    document = forge.json("undo", "--confirm", "main", check=DONE)
    assert states(document) == {"api": "skipped", "docs": "published"}
    again = forge.run("undo", check=DONE)
    assert "was already undone" in again.stdout
    assert docs.tip("main") == before["docs"]["refs/heads/main"]


def test_a_hotfix_goes_down_to_every_first_stage(forge: Forge) -> None:
    """One back-merge passes stg where there is one."""
    for repo in forge.repos.values():
        repo.commit("main", {"fix.txt": "1\n"}, message="fix: time-out")
    document = forge.json("backmerge", "--yes", check=DONE)
    moves = {
        name: [(step["source"], step["branch"]) for step in row["steps"]]
        for name, row in rows(document).items()
    }
    assert moves == {
        "api": [("main", "stg"), ("stg", "dev")],
        "docs": [("main", "develop")],
    }
    assert subject(forge.repos["docs"], "develop") == "Merge main into develop (hotfix sync)"


def test_pushes_and_pulls_use_its_branch(forge: Forge) -> None:
    """Where there is no such stage, nothing is committed, pushed or fetched."""
    docs = forge.repos["docs"]
    docs.write({"b.txt": "1\n"})
    document = forge.json("push", "stg", "--yes", "--dry-run", check=DONE)
    assert states(document) == {"api": "up_to_date", "docs": "skipped"}
    document = forge.json("push", "dev", "--promote", "stg", "-m", "feat: x", "--yes", check=DONE)
    assert states(document) == {"api": "up_to_date", "docs": "skipped"}
    forge.json("push", "dev", "-m", "feat: x", "--yes", check=DONE)
    assert docs.tree("develop")["b.txt"] == "1\n"
    docs.commit("develop", {"c.txt": "1\n"})
    assert states(forge.json("pull", "dev", check=DONE))["docs"] == "updated"
    done = forge.run("pull", "stg", check=DONE)
    assert done.stdout.rstrip().endswith("1 updated, 1 left out.")
    assert (docs.clone / "c.txt").exists()


def test_what_nothing_can_take_part_in_is_refused(forge: Forge) -> None:
    """The selection decides; nothing is fetched or changed."""
    with untouched(forge):
        for command in (
            ("promote", "stg", "main", "-r", "docs"),
            ("push", "stg", "-r", "docs"),
            ("pull", "stg", "-r", "docs"),
            ("backmerge", "stg", "-r", "docs"),
        ):
            done = forge.run(*command, check=USAGE)
            assert "docs has no stage stg." in done.stderr
        done = forge.run("promote", "dev", "main", "-r", "api", check=USAGE)
        assert "dev and main are not neighboring stages." in done.stderr


def test_a_branch_that_means_two_stages_is_refused(forge: Forge) -> None:
    """The error names both."""
    file = forge.shop / "multigit.toml"
    text = file.read_text("utf-8").replace('branch = "stg"', 'branch = "develop"')
    file.write_text(text, encoding="utf-8")
    done = forge.run("promote", "develop", "main", check=USAGE)
    assert "develop is the branch of stg in api and dev in docs." in done.stderr
    assert forge.json("pull", "develop", "-r", "docs", "--dry-run", check=DONE)["target"] == "dev"


def test_status_and_doctor_look_at_its_own_stages(forge: Forge) -> None:
    """A pair that only some repositories have is a column of its own."""
    work(forge)
    document = forge.json("status", check=DONE)
    assert [(p["source"], p["target"], p["commits"]) for p in rows(document)["docs"]["pairs"]] == [
        ("dev", "main", 1)
    ]
    shown = forge.run("status", check=DONE, env={"COLUMNS": "120"}).stdout.splitlines()
    cells = [re.split("  +", line.strip())[2:5] for line in shown if line.strip()][:3]
    assert cells == [
        ["dev → stg", "stg → main", "dev → main"],
        ["1 waiting", "up to date", ABSENT],
        [ABSENT, ABSENT, "1 waiting"],
    ]
    found = forge.json("doctor", check=DONE)
    assert "branch_missing" not in {each["code"] for each in found["findings"]}


def test_an_operation_continues_as_it_was_confirmed(forge: Forge) -> None:
    """If the configuration changed since, the journal has the branches, also for a new merge."""
    work(forge)
    docs = forge.repos["docs"]
    docs.reject_pushes("refs/heads/main")
    forge.repos["api"].commit("develop", {"b.txt": "1\n"}, start="dev")
    file = forge.shop / "multigit.toml"
    text = file.read_text("utf-8")
    keys = 'branches = {dev = "develop"}\nstages = ["dev", "main"]\n'
    file.write_text(text.replace('[repos."api"]\n', f'[repos."api"]\n{keys}'), encoding="utf-8")
    document = forge.json("promote", "dev", "main", "--confirm", "main", check=FAILED)
    assert states(document) == {"api": "published", "docs": "failed"}
    docs.allow_pushes()
    docs.commit("main", {"fix.txt": "1\n"}, message="fix: meanwhile")
    file.write_text(text.replace(keys, 'stages = ["main"]\n'), encoding="utf-8")
    document = forge.json("continue", "--confirm", "main", check=DONE)
    assert states(document) == {"api": "published", "docs": "published"}
    assert docs.remote_git("rev-parse", "main^2") == docs.tip("develop")
    assert docs.tree("main").items() >= {"a.txt": "1\n", "fix.txt": "1\n"}.items()
