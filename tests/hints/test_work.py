"""The hints about work trees that a push or a pull leaves alone, each typed as is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from multigit.core.values.text import operand, pathspec
from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, codes, hook, rows
from tests.cli.test_submodules import take_in
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo

PUSH = ("push", "dev", "--yes")


def unmerged(repo: ForgeRepo) -> None:
    """Leave a file in conflict after its merge has ended."""
    repo.git("checkout", "--quiet", "-b", "side")
    repo.local_commit({"README.md": "side\n"})
    repo.git("checkout", "--quiet", "dev")
    repo.local_commit({"README.md": "dev\n"})
    repo.git("push", "--quiet", "origin", "dev")
    repo.git("merge", "--quiet", "side", check=False)
    (repo.clone / ".git/MERGE_HEAD").unlink()


def unborn(repo: ForgeRepo) -> None:
    """Leave dev without a commit in the clone."""
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    repo.git("branch", "--quiet", "-D", "dev")
    repo.git("symbolic-ref", "HEAD", "refs/heads/dev")


def test_what_keeps_work_from_being_pushed(forge: Forge) -> None:
    """After following all hints, the push is accepted."""
    files = {"README.md": "1\n", "app.log": "1\n", ".env": "A=1\n"}
    repos = {n: forge.add(n, files=files) for n in ("merging", "unmerged", "unborn", "litter")}
    repos["first"] = forge.add("first", stages=())
    repos["side"] = forge.add("side", files=files)
    merging, litter, side = repos["merging"], repos["litter"], repos["side"]
    merging.git("checkout", "--quiet", "-b", "side")
    merging.local_commit({"a.txt": "side\n"})
    merging.git("checkout", "--quiet", "dev")
    merging.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    unmerged(repos["unmerged"])
    unborn(repos["unborn"])
    for name in ("unborn", "first"):
        repos[name].git("rm", "-r", "--quiet", "--cached", "--ignore-unmatch", ".")
        repos[name].write({"new.txt": "1\n"})
    repos["first"].git("symbolic-ref", "HEAD", "refs/heads/dev")
    litter.write({"app.log": "2\n", "debug.log": "1\n", ".env": "A=2\n"})
    litter.git("add", "--force", "debug.log")
    side.git("remote", "add", "fork", side.url)
    side.git("fetch", "--quiet", "fork")
    side.git("checkout", "--quiet", "-b", "feature")
    side.git("branch", "--quiet", "-D", "dev")
    side.write({"b.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(f'{text}\n[push]\nignore = ["debug.log"]\n')
    said = forge.json(*PUSH, check=REFUSED)

    follow(forge, said, Hint.FINISH_WORK, "git -C merging merge --abort")
    follow(forge, said, Hint.RESOLVE, "git -C unmerged add README.md")
    first = 'git -C first commit --allow-empty -m "Begin"'
    follow(forge, said, Hint.FIRST_COMMIT, first)
    (repos["unborn"].clone / "README.md").unlink()
    for name in ("app.log", ".env"):
        (repos["unborn"].clone / name).unlink(missing_ok=True)
    follow(forge, said, Hint.PULL_UNBORN, "git -C unborn pull origin dev")
    follow(forge, said, Hint.UNSTAGE, "git -C litter reset -- debug.log")
    follow(forge, said, Hint.UNTRACK, "git -C litter rm --cached --force --ignore-unmatch .env")
    litter.write({".gitignore": ".env\n"})
    switch = "git -C side -c checkout.defaultRemote=origin switch dev"
    follow(forge, said, Hint.SWITCH_FIRST, switch)
    document = forge.json(*PUSH, check=DONE)
    pushed = {n for n, row in rows(document).items() if row["state"] == "published"}
    assert pushed == {"first", "litter", "side", "unborn", "unmerged"}
    assert ".env" not in litter.tree("dev")


@pytest.mark.parametrize("file", [".env", "-x.pem", ":x.pem", "[ab].pem"])
def test_a_secret_that_is_staged_leaves_the_index_first(forge: Forge, file: str) -> None:
    """Only this file is unstaged, whatever its name; .gitignore alone does not help."""
    repos = {name: forge.add(name) for name in ("added", "edited", "meant", "unborn")}
    unborn(repos["unborn"])
    repos["unborn"].git("rm", "-r", "--quiet", "--cached", ".")
    for name, repo in repos.items():
        repo.write({file: "1\n", "a.pem.txt": "1\n"})
        option = "--intent-to-add" if name == "meant" else "--force"
        repo.git("--literal-pathspecs", "add", option, "--", file)
    repos["edited"].write({file: "2\n"})
    forge.write_config()
    said = forge.json(*PUSH, check=REFUSED)
    for name, repo in repos.items():
        command = f"git -C {name} rm --cached --force --ignore-unmatch {pathspec(file)}"
        follow(forge, said, Hint.UNTRACK, command)
        (repo.clone / ".gitignore").write_text("*.pem\n.env\n")
        assert (repo.clone / file).exists()
    del repos["unborn"]
    document = forge.json(*PUSH, "-x", "unborn", check=DONE)
    assert {row["state"] for row in rows(document).values()} == {"published"}
    for repo in repos.values():
        assert repo.tree("dev").keys() == {"README.md", ".gitignore", "a.pem.txt"}


@pytest.mark.parametrize("file", ["-x.txt", ":x.txt", "[ab].txt"])
def test_files_with_odd_names_are_typed(forge: Forge, file: str) -> None:
    """Names that look like an option, like git's pathspec magic, or like a pattern."""
    path, files = pathspec(file), {file: "1\n", "a.txt": "1\n"}
    marked, kept, made = forge.add("marked", files=files), forge.add("kept"), forge.add("made")
    marked.git("update-index", "--assume-unchanged", "--", file)
    marked.write({file: "MINE\n"})
    marked.commit("dev", {file: "theirs\n"})
    kept.local_commit({f"{file}.pem": "1\n", "a.txt.pem.txt": "1\n"})
    made.git("checkout", "--quiet", "-b", "side")
    made.local_commit({file: "side\n"})
    made.git("checkout", "--quiet", "dev")
    made.local_commit({file: "dev\n"})
    made.git("merge", "--quiet", "side", check=False)
    (made.clone / ".git/MERGE_HEAD").unlink()
    forge.write_config()
    unmark = f"git -C marked update-index --no-assume-unchanged {operand(file)}"
    follow(forge, forge.json("pull", "dev", check=REFUSED), Hint.UNMARK, unmark)
    assert marked.git("status", "--porcelain").split()[0] == "M"
    said = forge.json(*PUSH, check=REFUSED)
    follow(forge, said, Hint.RESOLVE, f"git -C made add {path}")
    fork = kept.git("rev-parse", "--short=7", "origin/dev")
    out = f"git -C kept reset --soft {fork} && git -C kept reset -- {pathspec(f'{file}.pem')}"
    follow(forge, said, Hint.UNCOMMIT, out)
    (kept.clone / ".git/info/exclude").write_text("*.pem\n")
    marked.git("stash")
    forge.json("pull", "dev", check=DONE)
    forge.json(*PUSH, check=DONE)
    assert kept.tree("dev").keys() == {"README.md", "a.txt.pem.txt"}


@pytest.mark.parametrize("command", [("push", "dev", "--yes"), ("pull", "dev")])
def test_a_failing_filter_is_not_a_lost_connection(forge: Forge, command: tuple[str, ...]) -> None:
    """Git reports both with the same words; if no remote was asked, it is the filter."""
    api = forge.add("api")
    attributes = {".gitattributes": "*.bin filter=x\n", "a.bin": "1\n"}
    for key, value in (("process", "false"), ("required", "true")):
        api.git("config", f"filter.x.{key}", value)
    if command[0] == "push":
        api.write(attributes)
    else:
        api.commit("dev", attributes)
    forge.write_config()
    said = forge.json(*command, check=FAILED)
    assert codes(rows(said)["api"]) == ["filter_failed"]
    seen = follow(forge, said, Hint.SEE_FILTERS, "git -C api config --get-regexp ^filter")
    assert "filter.x.process false" in seen


def test_what_cannot_be_stashed_has_other_hints(forge: Forge) -> None:
    """A file added with --intent-to-add and a moved submodule pointer have hints of their own."""
    vendor, meant, moved = forge.add("vendor"), forge.add("meant"), forge.add("moved")
    take_in(moved, vendor.url, "deep folder/vendor")
    meant.write({"new.txt": "1\n"})
    meant.git("add", "--intent-to-add", "new.txt")
    inside = moved.clone / "deep folder/vendor"
    moved.git("-C", str(inside), "commit", "--quiet", "--allow-empty", "--message", "one")
    for repo in (meant, moved):
        repo.commit("dev", {"theirs.txt": "1\n"})
    forge.write_config()
    said = forge.json("pull", "dev", check=REFUSED)
    follow(forge, said, Hint.ADD_AND_STASH, "git -C meant add new.txt && git -C meant stash")
    path = "'deep folder/vendor'"
    back = f"git -C moved reset -- {path} && git -C moved submodule update {path}"
    follow(forge, said, Hint.RESET_SUBMODULES, back)
    forge.json("pull", "dev", check=DONE)
    assert (meant.clone / "theirs.txt").exists()
    assert (moved.clone / "theirs.txt").exists()


def test_a_committed_secret_is_left_out(forge: Forge) -> None:
    """The other changes are published, and the file stays in the work tree."""
    repos = {name: forge.add(name) for name in ("behind", "deleted", "kept", "new")}
    behind = repos["behind"]
    repos["new"].remote_git("branch", "-D", "dev")
    for name, repo in repos.items():
        repo.local_commit({".env": "A=1\n", "a.txt": "1\n"})
        repo.local_commit({"b.txt": "1\n"})
        if name == "deleted":
            repo.local_commit({".env": None})
    behind.commit("dev", {"theirs.txt": "1\n"})
    forge.write_config()
    said = forge.json(*PUSH, check=REFUSED)
    rebase = "git -C behind pull --rebase --autostash origin dev"
    follow(forge, said, Hint.PULL_REBASE, rebase)
    said = forge.json(*PUSH, check=REFUSED)
    for name, repo in repos.items():
        fork = repo.git("rev-parse", "--short=7", "origin/dev" if repo is behind else "origin/stg")
        command = f"git -C {name} reset --soft {fork} && git -C {name} reset -- .env"
        follow(forge, said, Hint.UNCOMMIT, command)
        (repo.clone / ".git/info/exclude").write_text(".env\n")
    forge.json(*PUSH, check=DONE)
    for name, repo in repos.items():
        assert {"README.md", "a.txt", "b.txt"} <= repo.tree("dev").keys()
        assert not repo.remote_git("log", "--format=%h", "dev", "--", ".env"), name
        assert (repo.clone / ".env").exists() == (name != "deleted")
    assert "theirs.txt" in behind.tree("dev")


def test_a_new_version_of_a_published_secret_is_left_out(forge: Forge) -> None:
    """The new version stays local, whether or not it was removed from index and work tree.

    Until .gitignore lists the file, the hints about the work tree stay the same.
    """
    names = ("committed", "deleted", "edited", "untracked")
    repos = {name: forge.add(name, files={".env": "OLD\n"}) for name in names}
    for name, repo in repos.items():
        repo.local_commit({".env": "NEW\n", "a.txt": "1\n"})
        if name == "deleted":
            repo.local_commit({".env": None})
    repos["edited"].write({".env": "NEWER\n"})
    repos["untracked"].git("rm", "--quiet", "--cached", ".env")
    forge.write_config()
    said = forge.json("push", "dev", "--dry-run", check=DONE)
    for name, repo in repos.items():
        fork = repo.git("rev-parse", "--short=7", "origin/dev")
        git = f"git -C {name}"
        command = f"{git} reset --soft {fork} && {git} reset -- .env && {git} rm --cached -- .env"
        follow(forge, said, Hint.UNCOMMIT_TRACKED, command)
    there = rows(forge.json("push", "dev", "--dry-run", check=DONE))
    told = {name for name, row in there.items() if row["problems"]}
    assert told == {"committed", "edited", "untracked"}
    for repo in repos.values():
        repo.write({".gitignore": ".env\n"})
    document = forge.json(*PUSH, check=DONE)
    for name, repo in repos.items():
        assert rows(document)[name]["problems"] == []
        assert repo.tree("dev").keys() == {".gitignore", "a.txt"}
        assert "NEW" not in repo.remote_git("log", "-p", "dev", "--", ".env"), name
        assert (repo.clone / ".env").exists() == (name != "deleted")


def test_what_keeps_a_branch_from_being_pulled(forge: Forge) -> None:
    """Local changes, other work trees, merges in progress and files in the way."""
    names = ("changed", "elsewhere", "gone", "here", "marked", "merging", "unmerged")
    repos = {name: forge.add(name) for name in names}
    for name in ("changed", "marked"):
        repos[name].write({"README.md": "MINE\n"})
    repos["marked"].git("update-index", "--assume-unchanged", "README.md")
    repos["here"].write({"new.txt": "MINE\n"})
    unmerged(repos["unmerged"])
    merging = repos["merging"]
    merging.git("checkout", "--quiet", "-b", "side")
    merging.local_commit({"a.txt": "side\n"})
    merging.git("checkout", "--quiet", "dev")
    merging.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    for name in ("elsewhere", "gone"):
        repos[name].git("checkout", "--quiet", "-b", "side")
        repos[name].git("worktree", "add", "--quiet", f"../../{name}-dev", "dev")
    for repo in repos.values():
        repo.commit("dev", {"README.md": "theirs\n", "new.txt": "theirs\n"})
    shutil.rmtree(forge.root / "gone-dev")
    forge.write_config()
    said = forge.json("pull", "dev", check=REFUSED)

    follow(forge, said, Hint.STASH, "git -C changed stash")
    follow(forge, said, Hint.FINISH_WORK, "git -C merging merge --abort")
    follow(forge, said, Hint.RESOLVE, "git -C unmerged add README.md")
    unmark = "git -C marked update-index --no-assume-unchanged README.md"
    follow(forge, said, Hint.UNMARK, unmark)
    repos["marked"].git("stash")
    repos["unmerged"].git("reset", "--quiet", "--hard")
    there = f"git -C {forge.root}/elsewhere-dev pull --ff-only origin dev"
    follow(forge, said, Hint.PULL_ELSEWHERE, there)
    follow(forge, said, Hint.PRUNE, "git -C gone worktree prune")
    (repos["here"].clone / "new.txt").unlink()
    follow(forge, said, Hint.MOVE_AWAY, "multigit pull dev")
    for name in names:
        assert repos[name].git("rev-parse", "dev") == repos[name].tip("dev"), name
    repos["here"].write({"README.md": "MINE\n"})
    repos["here"].commit("stg", {"README.md": "theirs, too\n"})
    again = forge.json("pull", "stg", "--switch", "-r", "here", check=REFUSED)
    repos["here"].git("stash")
    follow(forge, again, Hint.PULL_STAGE_SWITCH, "multigit pull stg --switch", "-r", "here")
    follow(forge, said, Hint.PULL_STAGE, "multigit pull dev")


def test_a_branch_that_a_hook_moved_is_inspected(forge: Forge) -> None:
    """The branch is not at the expected commit."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/post-merge", "git reset --quiet --hard HEAD^")
    text = forge.write_config().read_text()
    forge.write_config(text.replace("path = ", "hooks = true\npath = "))
    said = forge.json("pull", "dev", check=FAILED)
    assert "dev" in follow(forge, said, Hint.SEE_STATUS, "git -C api status")


def test_a_local_branch_that_did_not_follow(forge: Forge, tmp_path: Path) -> None:
    """After a promotion and its undo: checked out, with commits of its own, or without a folder."""
    repos = {name: forge.add(name) for name in ("gone", "here", "own")}
    for name, repo in repos.items():
        repo.commit("dev", {"a.txt": "1\n"})
        if name == "gone":
            repo.git(
                "worktree", "add", "--quiet", "-B", "stg", str(tmp_path / "gone"), "origin/stg"
            )
            shutil.rmtree(tmp_path / "gone")
        else:
            repo.git("checkout", "--quiet", "-B", "stg", "origin/stg")
    repos["own"].local_commit({"mine.txt": "1\n"})
    forge.write_config()
    said = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    follow(forge, said, Hint.PULL_ELSEWHERE, "git -C here pull --ff-only origin stg")
    rebase = "git -C own pull --rebase --autostash origin stg"
    follow(forge, said, Hint.PULL_REBASE, rebase)
    fetch = "git -C gone worktree prune && git -C gone fetch origin stg:stg"
    follow(forge, said, Hint.PRUNE_AND_FETCH, fetch)
    for name in ("gone", "here"):
        assert repos[name].git("rev-parse", "stg") == repos[name].tip("stg")

    repos["gone"].git("worktree", "add", "--quiet", str(tmp_path / "gone"), "stg")
    shutil.rmtree(tmp_path / "gone")
    before, after = (repos["gone"].git("rev-parse", "--short=7", each) for each in ("stg", "stg^"))
    said = forge.json("undo", "--yes", check=DONE)
    here = repos["here"].git("rev-parse", "--short=7", "stg^")
    follow(forge, said, Hint.RESET_HEAD, f"git -C here reset --keep {here}")
    command = f"git -C gone update-ref refs/heads/stg {after} {before}"
    follow(forge, said, Hint.RESET_BRANCH, command)
    for name in ("gone", "here"):
        assert repos[name].git("rev-parse", "stg") == repos[name].tip("stg")
