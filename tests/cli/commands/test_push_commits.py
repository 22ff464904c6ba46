"""What a push commits: every change on a stage's branch, and nothing that does not belong there."""

from __future__ import annotations

import pytest

from tests.cli.answers import DONE, REFUSED, codes, is_clean, rows, states, subject, told
from tests.support.forge import Forge, untouched
from tests.support.gitenv import git, init

ODD_NAMES = (
    "with space.txt",
    "-leading.txt",
    "new\nline.txt",
    "ü/日本.txt",
    "[a]*?.txt",
    ":(x).txt",
)


def files_listed(row: dict[str, object]) -> dict[str, str]:
    """Return path → change for the files that a repository's plan commits."""
    steps = row["steps"]
    assert isinstance(steps, list)
    return {
        each["path"]: each["change"]
        for step in steps
        if step["type"] == "commit"
        for each in step["files"]
    }


def test_every_kind_of_change_is_committed_and_listed(forge: Forge) -> None:
    """Edited, new, deleted, renamed, staged, executable, linked: the remote has them all."""
    files = {f"{n}.txt": f"{n}\n" for n in ("edit", "delete", "rename", "staged", "mode", "kind")}
    api = forge.add("api", files=files | {"same.txt": "same\n"})
    forge.add("unchanged")
    before = api.tip("dev")
    api.write({"edit.txt": "edited\n", "delete.txt": None, "new/deep/file.txt": "new\n"})
    api.git("mv", "rename.txt", "renamed.txt")
    api.write({"staged.txt": "staged\n", "added.txt": "added\n"})
    api.git("add", "staged.txt", "added.txt")
    api.write({"added.txt": "and edited again\n"})
    (api.clone / "mode.txt").chmod(0o755)
    (api.clone / "kind.txt").unlink()
    (api.clone / "kind.txt").symlink_to("same.txt")
    api.write({name: f"{name}\n" for name in ODD_NAMES})
    forge.write_config()

    with untouched(forge):
        plan = forge.json("push", "dev", "--dry-run", check=DONE)
        shown = forge.run("push", "dev", "--dry-run", check=DONE).stdout
    listed = files_listed(rows(plan)["api"])
    assert {"new/deep/file.txt", "edit.txt", "delete.txt", *ODD_NAMES} <= listed.keys()
    assert listed["delete.txt"] == "deleted"
    assert {"same.txt", "README.md"}.isdisjoint(listed)
    assert all(name in shown for name in ("edit.txt", "delete.txt", "renamed.txt"))

    document = forge.json("push", "dev", "--yes", check=DONE)

    assert states(document) == {"api": "published", "unchanged": "up_to_date"}
    assert is_clean(api)
    assert api.remote_git("rev-parse", "dev^") == before
    assert subject(api, "dev") == "dev: auto commit and deploy"
    tree = api.tree("dev")
    assert tree == {
        "edit.txt": "edited\n",
        "new/deep/file.txt": "new\n",
        "renamed.txt": "rename\n",
        "staged.txt": "staged\n",
        "added.txt": "and edited again\n",
        "mode.txt": "mode\n",
        "kind.txt": "same.txt",
        "same.txt": "same\n",
        **{name: f"{name}\n" for name in ODD_NAMES},
    }
    assert api.remote_git("ls-tree", "dev", "mode.txt").startswith("100755")
    assert rows(document)["api"]["after"] == api.tip("dev")
    assert [step["after"] for step in rows(document)["api"]["steps"]] == [api.tip("dev")]
    with untouched(forge):
        assert forge.json("push", "dev", check=DONE)["result"] == "nothing"


def test_unpushed_commits_go_along_also_from_another_branch(forge: Forge) -> None:
    """Local commits on dev are pushed whatever is checked out; changes on another branch stay."""
    here, away, detached, both = (forge.add(n) for n in ("here", "away", "detached", "both"))
    mine = {
        repo.name: repo.local_commit({"a.txt": "1\n"}, "feat: a") for repo in (here, away, both)
    }
    away.git("checkout", "--quiet", "-b", "feature/x")
    away.write({"README.md": "dirty\n"})
    detached.git("checkout", "--quiet", "--detach")
    detached.write({"README.md": "dirty\n"})
    both.write({"README.md": "dirty\n"})
    forge.write_config()
    status = away.git("status", "--porcelain=v2", "--branch")
    document = forge.json("push", "dev", "--yes", "-m", "feat: b", check=DONE)
    assert states(document) == {
        "here": "published", "away": "published", "detached": "up_to_date", "both": "published",
    }  # fmt: skip
    assert (here.tip("dev"), away.tip("dev")) == (mine["here"], mine["away"])
    assert both.remote_git("rev-parse", "dev^") == mine["both"]
    assert rows(document)["both"]["commits"] == 2
    assert away.git("status", "--porcelain=v2", "--branch") == status
    assert {name: codes(row) for name, row in rows(document).items() if row["problems"]} == {
        "away": ["other_branch"],
        "detached": ["other_branch"],
    }
    assert "feature/x" in told(document)


def test_branch_that_the_remote_lacks_is_created(forge: Forge) -> None:
    """A local dev that was never pushed is created on the remote."""
    api = forge.add("api", stages=("main",))
    api.git("checkout", "--quiet", "-b", "dev")
    mine = api.local_commit({"a.txt": "1\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"api": "published"}
    assert api.tip("dev") == mine
    assert rows(document)["api"]["before"] is None


def test_litter_and_ignored_files_stay_at_home(forge: Forge) -> None:
    """Files such as .DS_Store and ignored files are not committed unless they are tracked."""
    api = forge.add("api", files={".gitignore": "build/\n*.log\n", "kept.log": "1\n"})
    litter = {".DS_Store": "x", "src/.DS_Store": "x", "notes.txt~": "x", "src/.a.swp": "x"}
    api.write(litter | {"build/out.o": "x", "debug.log": "x", "src/a.txt": "1\n"})
    api.write({"kept.log": "tracked, so it counts\n"})
    only = forge.add("litter-only")
    only.write({".DS_Store": "x"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"api": "published", "litter-only": "up_to_date"}
    assert api.tree("dev").keys() == {".gitignore", "kept.log", "src/a.txt"}
    assert api.tree("dev")["kept.log"] == "tracked, so it counts\n"
    for name in litter:
        assert (api.clone / name).exists()


def test_staged_litter_is_not_committed_either(forge: Forge) -> None:
    """A staged .DS_Store blocks until it is unstaged."""
    api = forge.add("api")
    api.write({"a.txt": "1\n", ".DS_Store": "x"})
    api.git("add", "--all")
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert rows(document)["api"]["problems"][0]["files"] == [".DS_Store"]
    api.git("restore", "--staged", ".DS_Store")
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"README.md", "a.txt"}


def test_workspace_repository_never_holds_the_others_nor_our_own_files(forge: Forge) -> None:
    """The repository at path `.` commits its own files, but not services, the log or .multigit."""
    root = forge.add("shop", path=".")
    api = forge.add("api", path="services/api")
    forge.add("web", path="web")
    api.write({"a.txt": "1\n"})
    root.write({"compose.yml": "services:\n", "services/README.md": "beside\n"})
    for name in ("log.torn", "log.old", "log.old.2", "log.torn.old", "log.older"):
        (forge.shop / f"deployment.{name}").write_text("x")
    (forge.shop / ".multigit.old").mkdir()
    (forge.shop / ".multigit.old/lock").touch()
    forge.write_config()
    forge.json("push", "dev", "--yes", "-r", "api", check=DONE)
    assert (forge.shop / "deployment.log").exists()
    forge.json("push", "dev", "--yes", check=DONE)
    assert root.tree("dev").keys() == {
        "README.md", "compose.yml", "deployment.log.older", "multigit.toml", "services/README.md",
    }  # fmt: skip
    with untouched(forge):
        assert forge.json("push", "dev", check=DONE)["result"] == "nothing"


@pytest.mark.parametrize("name", ["a.txt", '"quoted"', "line\nbreak", "carriage\r"])
def test_what_is_staged_and_taken_back_on_the_disk_is_no_change(forge: Forge, name: str) -> None:
    """Content equal to HEAD is not a change, whatever the file is called."""
    api = forge.add("api", files={name: "1\n"})
    api.write({name: "2\n"})
    api.git("add", "--all")
    api.write({name: "1\n"})
    forge.write_config()
    assert states(forge.json("push", "dev", "--yes", check=DONE)) == {"api": "up_to_date"}


def test_file_that_was_taken_out_of_the_index_leaves_the_branch(forge: Forge) -> None:
    """After `git rm --cached` and .gitignore, the plan shows a deletion, and the commit deletes."""
    api = forge.add("api", files={"a.txt": "1\n", "secret.txt": "1\n"})
    api.git("rm", "--quiet", "--cached", "secret.txt")
    api.write({".gitignore": "secret.txt\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"a.txt", ".gitignore"}
    assert (api.clone / "secret.txt").exists()


def test_file_out_of_the_index_but_not_ignored_stays_what_the_disk_says(forge: Forge) -> None:
    """After `git rm --cached` alone, the content on disk is committed, as by `git add --all`."""
    api = forge.add("api", files={"a.txt": "1\n", "b.txt": "1\n"})
    api.git("rm", "--quiet", "--cached", "a.txt", "b.txt")
    api.write({"b.txt": "2\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"a.txt", "b.txt"}
    assert api.git("status", "--porcelain") == ""


def test_staged_edit_that_was_taken_back_on_disk_stops_no_push(forge: Forge) -> None:
    """Content equal to HEAD is nothing to commit, whatever the index contains."""
    api, web = forge.add("api"), forge.add("web")
    api.write({"README.md": "x\n"})
    api.git("add", "README.md")
    api.write({"README.md": "# api\n"})
    web.write({"a.txt": "1\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"api": "up_to_date", "web": "published"}


def test_staged_new_file_that_is_gone_from_disk_stops_no_push(forge: Forge) -> None:
    """A file that was staged and then deleted is not a change."""
    api = forge.add("api")
    api.write({"new.txt": "1\n", "a.txt": "1\n"})
    api.git("add", "new.txt")
    api.write({"new.txt": None})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"README.md", "a.txt"}


def test_file_that_became_a_folder_is_committed(forge: Forge) -> None:
    """A file that was replaced by a folder of the same name is committed as such."""
    api = forge.add("api", files={"dir": "file\n"})
    api.write({"dir": None})
    api.write({"dir/file.txt": "1\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev") == {"dir/file.txt": "1\n"}


def test_repository_that_the_configuration_does_not_know_is_not_committed(forge: Forge) -> None:
    """Another clone inside the workspace folder must not become a submodule without a URL."""
    root = forge.add("shop", path=".")
    other = forge.shop / "services/other"
    other.mkdir(parents=True)
    init(other)
    git(other, "commit", "--quiet", "--allow-empty", "--message", "begin", env=forge.env)
    root.write({"a.txt": "1\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes")
    assert "160000" not in root.remote_git("ls-tree", "-r", "dev")
