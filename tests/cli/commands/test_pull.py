"""Pull: a stage's branch is up to date in every clone, and no one's work is touched."""

from __future__ import annotations

import shutil

from tests.cli.answers import DONE, FAILED, REFUSED, codes, rows, states, workspace
from tests.support.forge import Forge, untouched
from tests.support.gitenv import git


def test_missing_repositories_are_cloned_on_the_stage_branch(forge: Forge) -> None:
    """A missing or empty folder becomes a clone on dev with its upstream."""
    for name in ("api", "web", "here"):
        forge.add(name, path=f"services/{name}").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    shutil.rmtree(forge.repos["api"].clone)
    shutil.rmtree(forge.repos["web"].clone)
    forge.repos["web"].clone.mkdir()
    with untouched(forge):
        plan = forge.json("pull", "dev", "--dry-run", check=DONE)
    assert (plan["result"], set(states(plan).values())) == ("planned", {"planned"})

    document = forge.json("pull", "dev", check=DONE)
    assert (document["command"], document["result"]) == ("pull", "done")
    assert set(states(document).values()) == {"updated"}
    for repo in forge.repos.values():
        assert repo.git("rev-parse", "--abbrev-ref", "HEAD", "@{upstream}").split() == [
            "dev", "origin/dev",
        ]  # fmt: skip
        assert repo.git("rev-parse", "HEAD") == repo.tip("dev")
        assert repo.git("status", "--porcelain") == ""
        assert repo.git("remote", "get-url", "origin") == repo.url
    assert list((forge.shop / ".multigit").glob("clones/*")) == []

    before = workspace(forge)
    again = forge.json("pull", "dev", check=DONE)
    assert set(states(again).values()) == {"up_to_date"}
    assert workspace(forge) == before


def test_branch_goes_forward_where_nobody_works_on_it(forge: Forge) -> None:
    """Checked out and clean, not checked out, missing, detached, with new files: up to date."""
    names = ("clean", "elsewhere", "absent", "detached", "new-file")
    for name in names:
        forge.add(name)
    repos = forge.repos
    repos["elsewhere"].git("checkout", "--quiet", "-b", "feature/x")
    repos["elsewhere"].write({"README.md": "dirty\n"})
    repos["absent"].git("checkout", "--quiet", "main")
    repos["absent"].git("branch", "--quiet", "-D", "dev")
    repos["detached"].git("checkout", "--quiet", "--detach")
    repos["new-file"].write({"mine.txt": "untracked\n"})
    for repo in repos.values():
        repo.commit("dev", {"a.txt": "1\n"}, message="feat: a")
    forge.write_config()
    heads = {name: repo.git("rev-parse", "HEAD") for name, repo in repos.items()}

    document = forge.json("pull", "dev", check=DONE)

    assert states(document) == dict.fromkeys(names, "updated")
    for name, repo in repos.items():
        assert repo.local_refs()["refs/heads/dev"] == repo.tip("dev")
        moves = name in {"clean", "new-file"}
        assert repo.git("rev-parse", "HEAD") == (repo.tip("dev") if moves else heads[name])
    assert repos["clean"].git("status", "--porcelain") == ""
    assert (repos["clean"].clone / "a.txt").read_text() == "1\n"
    assert (repos["elsewhere"].clone / "README.md").read_text() == "dirty\n"
    assert repos["elsewhere"].git("branch", "--show-current") == "feature/x"
    assert (repos["new-file"].clone / "mine.txt").read_text() == "untracked\n"
    assert repos["absent"].git("rev-parse", "--abbrev-ref", "dev@{upstream}") == "origin/dev"


def test_work_of_the_users_own_is_left_alone(forge: Forge) -> None:
    """Dirty, staged, diverged, mid-merge or in another worktree: left alone; others are updated."""
    names = ("dirty", "staged", "diverged", "merging", "linked", "in-the-way", "fine")
    for name in names:
        forge.add(name)
    repos = forge.repos
    repos["dirty"].write({"README.md": "dirty\n"})
    repos["staged"].write({"staged.txt": "1\n"})
    repos["staged"].git("add", "staged.txt")
    repos["diverged"].local_commit({"mine.txt": "1\n"})
    merging = repos["merging"]
    merging.git("checkout", "--quiet", "-b", "side")
    merging.local_commit({"README.md": "side\n"})
    merging.git("checkout", "--quiet", "dev")
    merging.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    repos["linked"].git("checkout", "--quiet", "main")
    repos["linked"].git("worktree", "add", "--quiet", str(forge.root / "tree"), "dev")
    repos["in-the-way"].write({"a.txt": "untracked\n"})
    for repo in repos.values():
        repo.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    fine = repos.pop("fine")

    with untouched(forge):
        document = forge.json("pull", "dev", "-x", "fine")
    assert {name: codes(row)[0] for name, row in rows(document).items()} == {
        "dirty": "local_changes",
        "staged": "local_changes",
        "diverged": "diverged",
        "merging": "local_changes",
        "linked": "checked_out_elsewhere",
        "in-the-way": "in_the_way",
    }
    assert states(document) == dict.fromkeys(repos, "blocked")
    assert document["exit_code"] == REFUSED

    document = forge.json("pull", "dev", "-r", "fine", "-r", "dirty", check=REFUSED)
    assert (document["result"], states(document)["fine"]) == ("blocked", "updated")
    assert fine.git("rev-parse", "HEAD") == fine.tip("dev")


def test_hint_for_a_diverged_branch_mends_it(forge: Forge) -> None:
    """After the command in the hint, run in the workspace folder, the next pull succeeds."""
    api = forge.add("api", path="services/api")
    api.local_commit({"mine.txt": "1\n"})
    api.commit("dev", {"theirs.txt": "1\n"})
    forge.write_config()
    (problem,) = forge.json("pull", "dev", check=REFUSED)["repos"][0]["problems"]
    git(forge.shop, *problem["hint"].removeprefix("Run: git ").split(), env=forge.env)
    assert states(forge.json("pull", "dev", check=DONE)) == {"api": "up_to_date"}
    assert (api.clone / "mine.txt").exists()
    assert (api.clone / "theirs.txt").exists()


def test_switch_checks_the_branch_out_where_nothing_is_changed(forge: Forge) -> None:
    """Clean clones switch to stg and keep new files; dirty ones stay where they are."""
    for name in ("clean", "new-file", "dirty", "on-stg"):
        repo = forge.add(name, checkout="stg" if name == "on-stg" else "dev")
        repo.commit("stg", {"a.txt": "1\n"})
    repos = forge.repos
    repos["new-file"].write({"mine.txt": "1\n"})
    repos["dirty"].write({"README.md": "dirty\n"})
    forge.write_config()
    document = forge.json("pull", "stg", "--switch", check=REFUSED)
    assert states(document) == {
        "clean": "updated", "new-file": "updated", "dirty": "blocked", "on-stg": "updated",
    }  # fmt: skip
    assert codes(rows(document)["dirty"]) == ["local_changes"]
    for name, repo in repos.items():
        branch = "dev" if name == "dirty" else "stg"
        assert repo.git("branch", "--show-current") == branch
        assert (repo.clone / "a.txt").exists() == (name != "dirty")
    assert (repos["dirty"].clone / "README.md").read_text() == "dirty\n"
    assert (repos["new-file"].clone / "mine.txt").read_text() == "1\n"


def test_what_cannot_be_pulled_says_why_and_stops_no_other(forge: Forge) -> None:
    """No branch, no remote, no URL to clone from: each has its reason and a hint."""
    for name in ("no-branch", "gone", "not-git", "fine"):
        forge.add(name)
    repos = forge.repos
    repos["no-branch"].remote_git("branch", "--quiet", "-D", "dev")
    repos["gone"].use_url("file:///nothing.git")
    (repos["not-git"].clone / ".git").rename(forge.root / "moved")
    repos["fine"].commit("dev", {"a.txt": "1\n"})
    forge.write_config(forge.write_config().read_text() + "\n[repos.no-url]\n")
    document = forge.json("pull", "dev")
    assert {name: codes(row) for name, row in rows(document).items()} == {
        "no-branch": ["branch_missing"],
        "gone": ["remote_missing"],
        "not-git": ["not_a_repository"],
        "fine": [],
        "no-url": ["no_url"],
    }
    assert document["exit_code"] == FAILED
    assert states(document) == {
        "no-branch": "blocked",
        "gone": "failed",
        "not-git": "failed",
        "fine": "updated",
        "no-url": "blocked",
    }
    gone = ("pull", "dev", "-r", "gone", "-r", "fine")
    assert forge.json(*gone, "--dry-run", check=FAILED)["result"] == "failed"
    shown = forge.run(*gone, check=FAILED).stdout
    assert ["gone", "failed"] in [line.split() for line in shown.splitlines()]
    assert shown.rstrip().endswith("1 up to date, 1 failed.")
    forge.json("pull", "dev", "-r", "no-branch", "-r", "fine", check=REFUSED)
    assert repos["fine"].git("rev-parse", "HEAD") == repos["fine"].tip("dev")
    assert all(p["hint"] for row in document["repos"] for p in row["problems"])


def test_clone_that_fails_leaves_nothing_behind(forge: Forge) -> None:
    """A URL that does not exist leaves no partial folder, and the next pull can try again."""
    api = forge.add("api")
    shutil.rmtree(api.clone)
    api.url = "file:///nothing.git"
    forge.write_config()
    document = forge.json("pull", "dev", check=FAILED)
    assert (states(document), codes(rows(document)["api"])) == (
        {"api": "failed"},
        ["remote_missing"],
    )
    assert not api.clone.exists()
    assert list((forge.shop / ".multigit").glob("clones/*")) == []
    api.url = api.bare.as_uri()
    forge.write_config()
    assert states(forge.json("pull", "dev", check=DONE)) == {"api": "updated"}


def test_pull_says_in_plain_words_what_happened(forge: Forge) -> None:
    """One line per repository: cloned, from which to which commit, new, or left alone."""
    for name in ("cloned", "forward", "new", "dirty", "same"):
        forge.add(name)
    repos = forge.repos
    shutil.rmtree(repos["cloned"].clone)
    before = repos["forward"].tip("dev")
    after = repos["forward"].commit("dev", {"a.txt": "1\n"})
    repos["new"].git("checkout", "--quiet", "-b", "x")
    repos["new"].git("branch", "--quiet", "-D", "dev")
    repos["dirty"].write({"README.md": "dirty\n"})
    repos["dirty"].commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    shown = forge.run("pull", "dev", check=REFUSED).stdout
    lines = {line.split()[0]: line for line in shown.splitlines() if line.startswith("  ")}
    assert "clone" in lines["cloned"]
    assert f"{before[:7]} → {after[:7]}" in lines["forward"]
    assert repos["new"].tip("dev")[:7] in lines["new"]
    assert "up to date: same" in shown
    assert "git -C dirty stash" in shown


def test_pull_with_nothing_to_do_answers_nothing(forge: Forge) -> None:
    """The result is “nothing”, as in its dry run."""
    forge.add("api")
    forge.write_config()
    assert forge.json("pull", "dev", "--dry-run", check=DONE)["result"] == "nothing"
    assert forge.json("pull", "dev", check=DONE)["result"] == "nothing"
