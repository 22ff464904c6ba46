"""Status: the state of every repository, stage by stage; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, Document, at_terminal, codes, hook, rows
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.patience import until


@dataclass(frozen=True)
class Sight:
    """A workspace, and its status as a document and as text."""

    forge: Forge
    document: Document
    text: str

    def row(self, name: str) -> Document:
        """Return the document's row of a repository."""
        return rows(self.document)[name]

    def line(self, name: str) -> str:
        """Return the table's line of a repository."""
        (line,) = (line for line in self.text.splitlines() if line.split()[:1] == [name])
        return line

    def pair(self, name: str, source: str = "dev") -> Document:
        """Return the state between a stage and the next one."""
        (pair,) = (p for p in self.row(name)["pairs"] if p["source"] == source)
        return dict(pair)


@pytest.fixture(scope="module")
def sight(tmp_path_factory: pytest.TempPathFactory) -> Sight:
    """Return a workspace with a repository for each state that status can show."""
    forge = Forge(tmp_path_factory.mktemp("status"))
    names = (
        "same", "waiting", "conflict", "hotfix", "deployed", "dirty", "ahead", "behind",
        "detached", "merging", "no-stg", "gone",
    )  # fmt: skip
    for name in names:
        forge.add(name)
    repos = forge.repos
    repos["waiting"].commit("dev", {"a.txt": "1\n"})
    repos["waiting"].commit("dev", {"b.txt": "1\n"})
    repos["waiting"].commit("stg", {"c.txt": "1\n"})
    repos["conflict"].commit("dev", {"README.md": "dev\n"})
    repos["conflict"].commit("stg", {"README.md": "stg\n"})
    repos["hotfix"].commit("main", {"fix.txt": "1\n"})
    repos["dirty"].write({"README.md": "dirty\n", "new.txt": "1\n"})
    repos["ahead"].local_commit({"a.txt": "1\n"})
    repos["behind"].commit("dev", {"a.txt": "1\n"})
    repos["detached"].git("checkout", "--quiet", "--detach")
    merging = repos["merging"]
    merging.git("checkout", "--quiet", "-b", "side")
    merging.local_commit({"README.md": "side\n"})
    merging.git("checkout", "--quiet", "dev")
    merging.local_commit({"README.md": "dev\n"})
    merging.git("merge", "--quiet", "side", check=False)
    repos["no-stg"].remote_git("branch", "--quiet", "-D", "stg")
    repos["gone"].use_url("file:///nothing.git")
    repos["deployed"].commit("dev", {"a.txt": "1\n"})
    forge.write_config(forge.write_config().read_text() + '\n[repos.missing]\nurl = "file:///x"\n')
    forge.json("promote", "dev", "stg", "--yes", "-r", "deployed", check=DONE)
    with untouched(forge):
        document = forge.json("status", check=FAILED)
        text = forge.run("status", check=FAILED).stdout
    return Sight(forge, document, text)


def test_own_commits_that_wait_are_counted(sight: Sight) -> None:
    """Two on dev wait for stg; the one on stg waits for main, and is hotfix debt of dev."""
    assert sight.pair("waiting") == {
        "source": "dev", "target": "stg", "state": "waiting", "commits": 2,
        "conflicts": [], "debt": 1, "merge_owed": False, "reverted": [],
        "rolled_back": 0, "held": 0,
    }  # fmt: skip
    assert sight.pair("waiting", "stg")["commits"] == 1
    assert [pair["state"] for pair in sight.row("same")["pairs"]] == ["up_to_date", "up_to_date"]
    assert "2" in sight.line("waiting")


def test_merge_commits_of_a_promotion_do_not_wait(sight: Sight) -> None:
    """After dev → stg one commit waits for main, not the merge, and dev has no debt."""
    assert sight.pair("deployed")["state"] == "up_to_date"
    assert sight.pair("deployed")["debt"] == 0
    assert sight.pair("deployed", "stg")["commits"] == 1


def test_conflicts_are_told_before_anybody_promotes(sight: Sight) -> None:
    """The pair's state is conflict, with the files that a promotion would name."""
    pair = sight.pair("conflict")
    assert (pair["state"], pair["conflicts"]) == ("conflict", ["README.md"])
    assert "conflict" in sight.line("conflict")


def test_hotfix_debt_is_what_an_earlier_stage_lacks(sight: Sight) -> None:
    """A fix on main is debt of stg, and not yet of dev."""
    assert sight.pair("hotfix", "stg")["debt"] == 1
    assert sight.pair("hotfix")["debt"] == 0
    assert "main" in sight.line("hotfix")


def test_last_deploy_tag_of_each_stage_has_its_age(sight: Sight) -> None:
    """The tag on stg was just set; main has none."""
    deploys = sight.row("deployed")["deploys"]
    assert list(deploys) == ["stg"]
    assert f"refs/tags/{deploys['stg']['tag']}" in sight.forge.repos["deployed"].remote_refs()
    assert "stg" in sight.line("deployed").split()[-2:]
    assert sight.row("same")["deploys"] == {}


def test_where_the_user_stands_is_told(sight: Sight) -> None:
    """Branch, changed files, ahead and behind, detached HEAD, merge in progress."""
    wanted = ("branch", "changed_files", "ahead", "behind", "in_progress")
    found = {
        name: tuple(sight.row(name)[key] for key in wanted)
        for name in ("same", "dirty", "ahead", "behind", "detached", "merging")
    }
    assert found == {
        "same": ("dev", 0, 0, 0, None),
        "dirty": ("dev", 2, 0, 0, None),
        "ahead": ("dev", 0, 1, 0, None),
        "behind": ("dev", 0, 0, 1, None),
        "detached": (None, 0, None, None, None),
        "merging": ("dev", 1, 1, 0, "merge"),
    }
    assert "●2" in sight.line("dirty")
    assert "↑1" in sight.line("ahead")
    assert "↓1" in sight.line("behind")
    assert sight.forge.repos["detached"].git("rev-parse", "HEAD")[:7] in sight.line("detached")
    assert "merge" in sight.line("merging")


def test_what_could_not_be_read_has_a_reason_and_stops_no_other(sight: Sight) -> None:
    """No stg, no remote, no clone: each has a code and a hint; the exit code is 1."""
    assert sight.pair("no-stg")["state"] == "missing"
    assert codes(sight.row("gone")) == ["remote_missing"]
    assert sight.row("gone")["branch"] == "dev"
    assert codes(sight.row("missing")) == ["missing"]
    problems = [p for row in sight.document["repos"] for p in row["problems"]]
    assert all(problem["hint"] for problem in problems)
    assert (sight.document["command"], sight.document["exit_code"]) == ("status", FAILED)
    assert list(rows(sight.document)) == [*sight.forge.repos, "missing"]


def test_status_of_some_repositories_is_about_them_alone(sight: Sight) -> None:
    """Problems of repositories that were not named do not matter."""
    document = sight.forge.json("status", "waiting", "same", check=DONE)
    assert list(rows(document)) == ["same", "waiting"]
    assert document["exit_code"] == DONE


def test_no_fetch_works_offline_with_what_was_fetched_last(sight: Sight) -> None:
    """No remote is asked: a missing one is not a problem, and new commits are not seen."""
    sight.forge.repos["same"].commit("dev", {"later.txt": "1\n"})
    document = sight.forge.json("status", "--no-fetch", "-x", "missing", check=DONE)
    assert rows(document)["same"]["pairs"][0]["state"] == "up_to_date"
    assert codes(rows(document)["gone"]) == []
    assert rows(document)["waiting"]["pairs"][0]["commits"] == 2


def merge_with_more(repo: ForgeRepo, branch: str, other: str) -> None:
    """Commit on one branch, merge it by hand on the remote, and add a file in that merge."""
    repo.commit(other, {f"{other}.txt": "1\n"})
    before = repo.tip(branch)
    tree = repo.commit(branch, {f"{branch}.txt": "1\n", f"{other}.txt": "1\n"})
    words = ("-p", before, "-p", repo.tip(other), "-m", f"Merge {other}", f"{tree}^{{tree}}")
    made = repo.remote_git("commit-tree", *words).strip()
    repo.remote_git("update-ref", f"refs/heads/{branch}", made)


def test_what_only_a_merge_holds_waits_and_is_owed(forge: Forge) -> None:
    """Promotion and back-merge move it, although no other commit waits."""
    forge.add("api")
    merge_with_more(forge.add("ahead"), "dev", "stg")
    merge_with_more(forge.add("owing"), "main", "stg")
    forge.write_config()
    sight = Sight(forge, forge.json("status", check=DONE), forge.run("status", check=DONE).stdout)
    ahead, owing = sight.pair("ahead"), sight.pair("owing", "stg")
    assert (ahead["state"], ahead["commits"], ahead["merge_owed"]) == ("waiting", 0, False)
    assert (owing["state"], owing["debt"], owing["merge_owed"]) == ("up_to_date", 0, True)
    assert "a merge waiting" in sight.line("ahead")
    assert "a merge on main" in sight.line("owing")
    assert "1 with commits to promote, 1 with hotfixes to carry back" in sight.text
    moved = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert {name: row["state"] for name, row in rows(moved).items()} == {
        "api": "up_to_date", "ahead": "planned", "owing": "up_to_date",
    }  # fmt: skip
    back = rows(forge.json("backmerge", "--dry-run", check=DONE))
    assert (back["api"]["state"], back["owing"]["state"]) == ("up_to_date", "planned")


def test_what_is_pending_is_one_line_for_a_prompt(forge: Forge) -> None:
    """From anywhere in the workspace; nothing if nothing is, or outside of a workspace."""
    api, web = forge.add("api"), forge.add("web")
    forge.write_config()
    assert forge.run("status", "--pending", check=DONE).stdout == ""
    for repo in (api, web):
        repo.commit("dev", {"a": "1\n"})
    web.reject_pushes("refs/heads/stg")
    operation = forge.json("promote", "dev", "stg", "--yes", check=FAILED)["operation"]
    with untouched(forge):
        for folder in (forge.shop, forge.shop / api.path):
            said = forge.run("status", "--pending", cwd=folder, check=DONE)
            assert (said.stdout, said.stderr) == ("promote dev stg unfinished\n", "")
        assert forge.json("status", "--pending", check=DONE)["unfinished"] == operation
        assert forge.run("status", "--pending", cwd=forge.root, check=DONE).stdout == ""
    forge.run("abandon", check=DONE)
    assert forge.run("status", "--pending", check=DONE).stdout == ""
    assert forge.json("status", "--pending", check=DONE)["unfinished"] is None


def test_what_runs_is_pending_and_what_is_recorded_is_not(forge: Forge) -> None:
    """As status says it: a record ends an operation, even if its journal was not closed."""
    forge.add("api").commit("dev", {"a": "1\n"})
    config = forge.write_config()
    config.write_text(config.read_text().replace("deployment.log", "history.log"))
    waits = forge.root / "waits"
    hook(
        forge.repos["api"].bare / "hooks/pre-receive", f"while [ -e {waits} ]; do sleep 0.05; done"
    )
    waits.touch()
    with at_terminal(forge, "promote", "dev", "stg", "--yes") as terminal:
        until(lambda: "running" in forge.run("status", "--pending", check=DONE).stdout)
        waits.unlink()
        assert terminal.finish() == DONE
    (closed,) = (forge.shop / ".multigit/operations").glob("*/journal.jsonl")
    (forge.shop / f".multigit/operations/{closed.parent.name}.jsonl").hardlink_to(closed)
    assert forge.run("status", "--pending", check=DONE).stdout == ""
    (forge.shop / "history.log").unlink()
    assert forge.run("status", "--pending", check=DONE).stdout == "promote dev stg unfinished\n"


def browser(forge: Forge) -> Path:
    """Let the browser only note the pages that it is asked to open; returns its notes."""
    program, notes = forge.root / "browser", forge.root / "pages"
    program.write_text(f'#!/bin/sh\necho "$1" >> {notes}\n')
    program.chmod(0o755)
    forge.env["BROWSER"] = f"{program} %s"
    return notes


def test_what_waits_is_opened_in_the_browser(forge: Forge) -> None:
    """At GitHub's page that compares the branches; without a terminal the pages are printed."""
    notes, commit = browser(forge), {"a": "1\n"}
    for name in ("api", "web", "elsewhere"):
        forge.add(name).commit("dev", commit)
    config = forge.write_config()
    owner = "a-company-with-a-long-name"
    at_github = {f'[repos."{name}"]': f'github = "{owner}/{name}"' for name in ("api", "web")}
    text = config.read_text()
    for table, line in at_github.items():
        text = text.replace(table, f"{table}\n{line}")
    config.write_text(text)
    pages = [f"https://github.com/{owner}/{name}/compare/stg...dev" for name in ("api", "web")]
    assert forge.run("status", "--web", check=DONE).stdout.split() == pages
    assert forge.json("status", "--web", "-r", "web", check=DONE)["pages"] == pages[1:]
    refused = forge.json("status", "--web", "-r", "elsewhere", check=REFUSED)
    assert codes(refused) == ["no_page"]
    assert not notes.exists()
    with at_terminal(forge, "status", "--web") as terminal:
        assert terminal.finish() == DONE
    assert "Opened 2 pages in the browser." in terminal.text
    assert notes.read_text().split() == pages


def test_what_could_not_be_compared_is_shown_beside_the_pages(forge: Forge) -> None:
    """The exit code is that of status; that nothing waits is not said of what was not read."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a": "1\n"})
    shallow = forge.repos["api"]
    shallow.git("fetch", "--quiet", "--depth=1", "origin")
    text = forge.write_config().read_text()
    for name in ("api", "web"):
        table = f'[repos."{name}"]'
        text = text.replace(table, f'{table}\ngithub = "acme/{name}"')
    forge.write_config(text)
    said = forge.run("status", "--web", check=FAILED)
    assert said.stdout == "https://github.com/acme/web/compare/stg...dev\n"
    assert said.stderr.startswith("api: ")
    assert "fetch --unshallow" in said.stderr
    alone = forge.json("status", "--web", "-r", "api", check=FAILED)
    assert (alone["pages"], codes(rows(alone)["api"])) == ([], ["shallow"])
    assert alone["message"].startswith(
        "Nothing waits at GitHub in the repositories that could be read"
    )
