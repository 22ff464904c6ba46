"""Superprojects: a pointer is published with or after its submodule's commit, or not at all."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, Document, codes, hook, in_shell, rows, states
from tests.support.forge import Forge, ForgeRepo, remotes_untouched, untouched
from tests.support.gitenv import git


def pointer(repo: ForgeRepo, branch: str, path: str = "lib") -> str:
    """Return the commit of a submodule on the remote's branch."""
    return repo.remote_git("rev-parse", f"{branch}:{path}")


def files(document: Document, repo: str = "top") -> list[dict[str, Any]]:
    """Return the files that a repository's plan commits."""
    steps = rows(document)[repo]["steps"]
    return [each for step in steps if step["type"] == "commit" for each in step["files"]]


def hints(document: Document, repo: str = "top") -> dict[str, str]:
    """Return the command of each hint by the code of its problem."""
    problems = rows(document)[repo]["problems"]
    return {p["code"]: p["hint"].split(": ", 1)[-1].split("; ")[0] for p in problems}


def changed(repo: ForgeRepo) -> str:
    """Return the changes that git reports, without untracked files such as the log."""
    return repo.git("status", "--porcelain", "--untracked-files=no")


def superproject(forge: Forge, path: str = ".") -> ForgeRepo:
    """Add a superproject, to be planned before its submodules."""
    top = forge.add("top", path=path)
    forge.repos = dict(sorted(forge.repos.items(), reverse=True))
    return top


def take_in(top: ForgeRepo, url: str, path: str = "lib") -> None:
    """Add a submodule to the superproject on all its stages."""
    top.git("submodule", "--quiet", "add", url, path)
    top.git("add", "--all")
    top.git("commit", "--quiet", "--message", f"Take in {path}")
    top.git("push", "--quiet", "origin", "dev:dev", "dev:stg", "dev:main")


@pytest.fixture
def lib(forge: Forge) -> ForgeRepo:
    """Return a repository inside the workspace folder's own, which has it as a submodule."""
    top = superproject(forge)
    lib = forge.add("lib")
    forge.write_config()
    take_in(top, lib.url)
    return lib


@pytest.fixture
def top(forge: Forge, lib: ForgeRepo) -> ForgeRepo:
    """Return the superproject of `lib`, the workspace folder itself."""
    assert lib.name in forge.repos
    return forge.repos["top"]


def ordered(top: ForgeRepo, lib: ForgeRepo) -> None:
    """Make the superproject's remote refuse pointers that the submodule's remote lacks."""
    script = f'sha=$(git rev-parse "$3:lib") && git -C {lib.bare} cat-file -e "$sha"'
    hook(top.bare / "hooks/update", script)


# --- Submodules of the workspace


def test_the_pointer_goes_out_with_the_commit(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """The plan shows the pointer before its commit exists, and nothing is left to commit."""
    ordered(top, lib)
    lib.write({"work.txt": "1\n"})
    before = pointer(top, "dev")
    with untouched(forge):
        plan = forge.json("push", "dev", "--dry-run", check=DONE)
        text = forge.run("push", "dev", "--dry-run", check=DONE).stdout
    change = {"before": before, "after": None, "repo": "lib"}
    assert files(plan) == [{"path": "lib", "change": "modified", "submodule": change}]
    assert "the commit of lib" in text
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"top": "published", "lib": "published"}
    assert pointer(top, "dev") == lib.tip("dev") != before
    assert changed(top) == changed(lib) == ""
    assert rows(forge.json("status"))["top"]["changed_files"] == 0
    assert states(forge.json("push", "dev", "--yes")) == dict.fromkeys(("top", "lib"), "up_to_date")


def test_a_promotion_takes_the_pointer_along(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """The pointer is the actual commit, even if a hook made a different one than planned."""
    ordered(top, lib)
    hook(lib.clone / ".git/hooks/pre-commit", "echo 1 >by-hook; git add by-hook")
    lib.write({"work.txt": "1\n"})
    top.write({"own.txt": "1\n"})
    document = forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert states(document) == {"top": "published", "lib": "published"}
    assert pointer(top, "stg") == pointer(top, "dev") == lib.tip("dev")
    assert "by-hook" in lib.tree("stg")
    assert top.tree("stg")["own.txt"] == "1\n"
    assert lib.remote_git("merge-base", "--is-ancestor", pointer(top, "stg"), "stg") == ""


def test_the_submodule_may_have_other_branches(forge: Forge) -> None:
    """The pointer is the commit of the pushed stage, even if dev is another stage's branch there.

    It is the same if the operation has to be continued.
    """
    top = superproject(forge)
    lib = forge.add("lib", stages=("develop", "dev", "main"))
    file = forge.write_config()
    own = 'path = "lib"\nbranches = { dev = "develop", stg = "dev" }\n'
    file.write_text(file.read_text("utf-8").replace('path = "lib"\n', own), encoding="utf-8")
    take_in(top, lib.url)
    lib.write({"work.txt": "1\n"})
    top.reject_pushes("refs/heads/dev")
    document = forge.json("push", "dev", "--promote", "stg", "--yes", check=FAILED)
    assert states(document) == {"top": "failed", "lib": "published"}
    top.allow_pushes()
    assert states(forge.json("continue", "--yes", check=DONE))["top"] == "published"
    assert pointer(top, "stg") == pointer(top, "dev") == lib.tip("develop") != lib.tip("dev")


def test_unpushed_commits_move_it_too(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """The superproject follows even if nothing is to be committed in the submodule."""
    ordered(top, lib)
    made = lib.local_commit({"work.txt": "1\n"})
    assert rows(forge.json("status"))["top"]["changed_files"] == 1
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(top, "dev") == lib.tip("dev") == made
    made = lib.local_commit({"work.txt": "2\n"})
    top.git("commit", "--quiet", "--all", "--message", "Move lib by hand")
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(top, "dev") == lib.tip("dev") == made


def test_nothing_points_at_what_was_refused(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """The superproject waits for its submodule, and is published once the push succeeds."""
    lib.write({"work.txt": "1\n"})
    lib.reject_pushes("refs/heads/dev")
    with remotes_untouched(forge):
        document = forge.json("push", "dev", "--promote", "stg", "--yes", check=FAILED)
    assert states(document) == {"top": "not_published", "lib": "failed"}
    lib.allow_pushes()
    ordered(top, lib)
    if forge.json("log")["unfinished"]:
        document = forge.json("continue", "--yes", check=DONE)
    else:
        document = forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert states(document) == {"top": "published", "lib": "published"}
    assert pointer(top, "stg") == pointer(top, "dev") == lib.tip("dev")


def test_a_hook_that_stops_the_submodule_stops_its_superproject(
    forge: Forge, top: ForgeRepo, lib: ForgeRepo
) -> None:
    """No commit is made in the superproject."""
    head = top.git("rev-parse", "HEAD")
    hook(lib.clone / ".git/hooks/pre-commit", "exit 1")
    lib.write({"work.txt": "1\n"})
    with remotes_untouched(forge):
        document = forge.json("push", "dev", "--yes", check=FAILED)
    assert states(document) == {"top": "not_published", "lib": "failed"}
    assert top.git("rev-parse", "HEAD") == head


def test_a_submodule_that_is_left_out_moves_nothing(
    forge: Forge, top: ForgeRepo, lib: ForgeRepo
) -> None:
    """The superproject's other changes are published with the old pointer."""
    before = pointer(top, "dev")
    lib.write({".env": "1\n"})
    top.write({"own.txt": "1\n"})
    assert states(forge.json("push", "dev", "--yes", check=REFUSED))["lib"] == "blocked"
    document = forge.json("push", "dev", "--skip-blocked", "--yes", check=DONE)
    assert states(document) == {"top": "published", "lib": "skipped"}
    assert pointer(top, "dev") == before


def test_a_pointer_to_what_is_published_moves_alone(
    forge: Forge, top: ForgeRepo, lib: ForgeRepo
) -> None:
    """The submodule was pushed by hand, so the superproject's pointer is pushed alone."""
    made = lib.local_commit({"work.txt": "1\n"})
    lib.git("push", "--quiet", "origin", "dev")
    document = forge.json("push", "dev", "-r", "top", "--yes", check=DONE)
    assert pointer(top, "dev") == made
    assert states(document) == {"top": "published"}


def test_a_pointer_to_what_nobody_has_blocks(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """A pointer to an unpublished commit blocks, and the command in the hint fixes it."""
    made = lib.local_commit({"work.txt": "1\n"})
    with untouched(forge):
        document = forge.json("push", "dev", "-r", "top", "--yes", check=REFUSED)
    assert list(hints(document)) == ["submodule_unpublished"]
    assert in_shell(forge, hints(document)["submodule_unpublished"]).returncode == 0
    forge.json("push", "dev", "-r", "top", "--yes", check=DONE)
    assert pointer(top, "dev") == made


def test_a_pointer_does_not_go_back(forge: Forge, top: ForgeRepo, lib: ForgeRepo) -> None:
    """A submodule that was not updated does not move the pointer back to an older commit."""
    lib.write({"work.txt": "1\n"})
    forge.json("push", "dev", "--yes", check=DONE)
    lib.git("reset", "--quiet", "--hard", "HEAD^")
    top.write({"own.txt": "1\n"})
    with untouched(forge):
        plan = forge.json("push", "dev", "--dry-run", check=DONE)
    assert [each["path"] for each in files(plan)] == ["own.txt"]
    assert list(hints(plan)) == ["submodule_behind"]
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(top, "dev") == lib.tip("dev")
    command = hints(plan)["submodule_behind"].replace("multigit", "$MULTIGIT", 1)
    assert in_shell(forge, command).returncode == 0
    assert changed(top) == ""


def test_undo_takes_the_superproject_back_first(
    forge: Forge, top: ForgeRepo, lib: ForgeRepo
) -> None:
    """It never points to a commit that the submodule's remote no longer has."""
    before = pointer(top, "dev")
    lib.write({"work.txt": "1\n"})
    forge.json("push", "dev", "--yes", check=DONE)
    script = f'[ "$(git -C {top.bare} rev-parse dev:lib)" = {before} ]'
    hook(lib.bare / "hooks/update", script)
    forge.json("undo", "--yes", check=DONE)
    assert pointer(top, "dev") == lib.tip("dev") == before


def test_an_order_that_contradicts_is_told(forge: Forge, lib: ForgeRepo) -> None:
    """A submodule cannot be published after the superproject that waits for it."""
    config = forge.shop / "multigit.toml"
    text = config.read_text().replace('path = "lib"\n', 'path = "lib"\nafter = ["top"]\n')
    config.write_text(text)
    lib.write({"work.txt": "1\n"})
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert codes(rows(document)["top"]) == ["submodule_order"]


def test_superprojects_of_superprojects(forge: Forge) -> None:
    """Each one points to the new commit of its own submodule."""
    top = superproject(forge)
    middle, lib = forge.add("middle", path="mid"), forge.add("lib", path="mid/lib")
    forge.write_config()
    take_in(middle, lib.url)
    take_in(top, middle.url, "mid")
    lib.write({"work.txt": "1\n"})
    forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert pointer(middle, "dev") == lib.tip("dev")
    assert pointer(top, "stg", "mid") == middle.tip("dev")


# --- Other submodules


@pytest.fixture
def web(forge: Forge) -> ForgeRepo:
    """Return a repository with a submodule that is not in the workspace."""
    vendor = forge.add("vendor")
    web = forge.add("web")
    take_in(web, vendor.url, "deep/vendor")
    del forge.repos["vendor"]
    forge.write_config()
    return web


def in_vendor(forge: Forge, web: ForgeRepo, *command: str) -> str:
    """Run git in the submodule."""
    return git(web.clone / "deep/vendor", *command, env=forge.env)


def test_another_submodule_moves_when_its_remote_has_it(forge: Forge, web: ForgeRepo) -> None:
    """It blocks until the commit is pushed, which the hint does; then it is shown and committed."""
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    made = in_vendor(forge, web, "rev-parse", "HEAD")
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
        assert rows(forge.json("status", check=DONE))["web"]["changed_files"] == 1
    command = hints(document, "web")["submodule_unpublished"]
    assert in_shell(forge, command).returncode == 0
    plan = forge.json("push", "dev", "--dry-run", check=DONE)
    (file,) = files(plan, "web")
    assert (file["submodule"]["after"], file["submodule"]["repo"]) == (made, None)
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(web, "dev", "deep/vendor") == made


@pytest.mark.parametrize("branch", ["dev", "feature"])
def test_what_is_committed_already_points_at_nothing_unpublished(
    forge: Forge, web: ForgeRepo, branch: str
) -> None:
    """A committed pointer blocks, whatever is checked out in submodule and superproject."""
    before = in_vendor(forge, web, "rev-parse", "HEAD")
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    made = in_vendor(forge, web, "rev-parse", "HEAD")
    web.git("commit", "--quiet", "--all", "--message", "Use one")
    in_vendor(forge, web, "checkout", "--quiet", before)
    web.git("checkout", "--quiet", "-B", branch)
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert "submodule_unpublished" in codes(rows(document)["web"])
    in_vendor(forge, web, "push", "--quiet", "origin", f"{made}:refs/heads/one")
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(web, "dev", "deep/vendor") == made


@pytest.mark.parametrize("ignore", ["none", "all"])
def test_settings_that_hide_submodules_hide_nothing(
    forge: Forge, web: ForgeRepo, ignore: str
) -> None:
    """`submodule.*.ignore` does not hide a moved pointer from push."""
    web.git("config", "diff.ignoreSubmodules", ignore)
    web.git("config", "submodule.deep/vendor.ignore", ignore)
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    in_vendor(forge, web, "push", "--quiet", "origin", "HEAD:refs/heads/one")
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(web, "dev", "deep/vendor") == in_vendor(forge, web, "rev-parse", "HEAD")


@pytest.mark.parametrize("ignore", ["none", "all"])
def test_settings_that_hide_submodules_hide_no_commit(
    forge: Forge, web: ForgeRepo, ignore: str
) -> None:
    """`ignore` in `.gitmodules` does not hide a committed pointer either."""
    web.git("config", "--file", ".gitmodules", "submodule.deep/vendor.ignore", ignore)
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    made = in_vendor(forge, web, "rev-parse", "HEAD")
    web.git("update-index", "--cacheinfo", f"160000,{made},deep/vendor")
    web.git("commit", "--quiet", "--message", "Use one", "--", ".gitmodules", "deep/vendor")
    shutil.rmtree(web.clone / ".git/modules/deep/vendor")
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert "submodule_unreadable" in codes(rows(document)["web"])
    web.git("push", "--quiet", "origin", "dev")
    document = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    (merge,) = [step for step in rows(document)["web"]["steps"] if step["type"] == "merge"]
    assert merge["files"] == 2


def test_changes_inside_are_told_and_nothing_runs(forge: Forge, web: ForgeRepo) -> None:
    """Status counts them, push warns, and no filter or monitor of the submodule runs."""
    canary = forge.root / "canary"
    for key in ("filter.sing.clean", "filter.sing.process", "core.fsmonitor"):
        in_vendor(forge, web, "config", key, f"touch {canary}; cat")
    web.write({"deep/vendor/README.md": "changed\n", "deep/vendor/new": "1\n"})
    web.write({"deep/vendor/.gitattributes": "* filter=sing\n"})
    with untouched(forge):
        assert rows(forge.json("status", check=DONE))["web"]["changed_files"] == 1
        document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"web": "up_to_date"}
    assert codes(rows(document)["web"]) == ["submodule_dirty"]
    assert not canary.exists()


def test_submodule_with_changes_inside_is_nothing_to_commit(forge: Forge) -> None:
    """Only a new commit of the submodule counts as a change, not changed files inside it."""
    library, api = forge.add("library"), forge.add("api")
    api.git("submodule", "--quiet", "add", library.url, "lib")
    api.git("commit", "--quiet", "--message", "lib")
    api.git("push", "--quiet", "origin", "dev")
    api.write({"lib/README.md": "dirty\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"library": "up_to_date", "api": "up_to_date"}


def test_a_submodule_that_is_not_checked_out_is_left_alone(forge: Forge, web: ForgeRepo) -> None:
    """After a deinit its pointer stays as it is, and status shows no change."""
    web.git("submodule", "--quiet", "deinit", "--force", "deep/vendor")
    web.write({"a.txt": "1\n"})
    before = pointer(web, "dev", "deep/vendor")
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(web, "dev", "deep/vendor") == before
    assert rows(forge.json("status", check=DONE))["web"]["changed_files"] == 0


def distrusted(forge: Forge, web: ForgeRepo) -> None:
    """Make git believe that the submodule belongs to someone else."""
    forge.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    for trusted in (web.clone, web.clone / ".git", web.bare):
        git(web.bare, "config", "--global", "--add", "safe.directory", str(trusted), env=forge.env)


@pytest.mark.parametrize("where", ["work tree", "dev", "feature"])
def test_a_pointer_of_what_cannot_be_read_does_not_move(
    forge: Forge, web: ForgeRepo, where: str
) -> None:
    """It is unknown whether the remote has the commit, so it blocks with a hint that works."""
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    if where != "work tree":
        web.git("commit", "--quiet", "--all", "--message", "Use one")
        web.git("checkout", "--quiet", "-B", where)
    distrusted(forge, web)
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    (problem,) = rows(document)["web"]["problems"]
    assert (problem["code"], problem["severity"]) == ("submodule_unreadable", "block")
    assert problem["files"] == ["deep/vendor"]
    assert problem["message"].endswith("moves to: the repository belongs to another user.")
    assert in_shell(forge, hints(document, "web")["submodule_unreadable"]).returncode == 0
    document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert codes(rows(document)["web"]) == ["submodule_unpublished"]


def test_what_cannot_be_read_is_no_problem_where_it_stays(forge: Forge, web: ForgeRepo) -> None:
    """An unreadable submodule whose pointer does not move bothers neither status nor push."""
    web.write({"a.txt": "1\n"})
    distrusted(forge, web)
    assert rows(forge.json("status", check=DONE))["web"]["changed_files"] == 1
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert codes(rows(document)["web"]) == []


def test_a_repository_that_is_gone_is_cloned_again(forge: Forge, web: ForgeRepo) -> None:
    """The commit may have existed only there, so the push is refused with this hint."""
    in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", "one")
    web.git("commit", "--quiet", "--all", "--message", "Use one")
    (web.clone / ".git/modules").rename(forge.root / "modules")
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    (problem,) = rows(document)["web"]["problems"]
    assert problem["message"].endswith("moves to: it is not a git repository.")
    assert problem["hint"] == "Move web/deep/vendor away, and clone it again."


@pytest.mark.parametrize("where", ["work tree", "dev", "feature"])
def test_what_is_broken_inside_tells_nothing_of_the_remote(
    forge: Forge, web: ForgeRepo, where: str
) -> None:
    """A commit whose history cannot be read does not count as fetched from the remote."""
    for message in ("one", "two"):
        in_vendor(forge, web, "commit", "--quiet", "--allow-empty", "--message", message)
    if where != "work tree":
        web.git("commit", "--quiet", "--all", "--message", "Use two")
        web.git("checkout", "--quiet", "-B", where)
    one = in_vendor(forge, web, "rev-parse", "HEAD^")
    (web.clone / ".git/modules/deep/vendor/objects" / one[:2] / one[2:]).unlink()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert codes(rows(document)["web"]) == ["submodule_unreadable"]


def test_a_new_submodule_is_committed_with_its_pointer(forge: Forge) -> None:
    """`.gitmodules` is committed, too, even if it is a repository of the workspace."""
    top, lib = superproject(forge), forge.add("lib")
    forge.write_config()
    top.git("submodule", "--quiet", "add", lib.url, "lib")
    forge.json("push", "dev", "--yes", check=DONE)
    assert pointer(top, "dev") == lib.tip("dev")
    assert ".gitmodules" in top.tree("dev")


def test_a_repository_inside_that_is_no_submodule_stays_out(forge: Forge) -> None:
    """A repository inside the superproject that is not a submodule is never committed."""
    top, lib = superproject(forge), forge.add("lib")
    forge.write_config()
    lib.write({"work.txt": "1\n"})
    forge.json("push", "dev", "--yes", check=DONE)
    assert "lib" not in top.tree("dev")
    assert "work.txt" in lib.tree("dev")
