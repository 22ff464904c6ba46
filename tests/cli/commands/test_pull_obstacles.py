"""Pull: uncommitted files where the branch now has files of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.cli.answers import DONE, REFUSED, codes, rows, states
from tests.support.forge import Forge, ForgeRepo, untouched

THEIRS = {"settings.local": "shipped\n"}
NESTED = {"etc/app/settings.local": "shipped\n"}


def ignored_by_tree(repo: ForgeRepo, pattern: str) -> None:
    """Ignore in a committed .gitignore, which the remote has as well."""
    repo.commit("dev", {".gitignore": f"{pattern}\n"})
    repo.git("pull", "--quiet", "--ff-only")


def ignored_by_clone(repo: ForgeRepo, pattern: str) -> None:
    """Ignore in .git/info/exclude."""
    (repo.clone / ".git/info/exclude").write_text(f"{pattern}\n")


def ignored_by_user(repo: ForgeRepo, pattern: str) -> None:
    """Ignore in core.excludesFile."""
    file = repo.clone.parent.parent / "ignored"
    file.write_text(f"{pattern}\n")
    repo.git("config", "core.excludesFile", str(file))


def not_ignored(_repo: ForgeRepo, _pattern: str) -> None:
    """Do not ignore; the file is only untracked."""


IGNORING = (ignored_by_tree, ignored_by_clone, ignored_by_user, not_ignored)
MINE: Mapping[str, tuple[dict[str, str | bytes | None], dict[str, str], list[str]]] = {
    # what is on disk, what the branch adds, what is in the way
    "file": ({"settings.local": "MINE\n"}, THEIRS, ["settings.local"]),
    "nested": ({"etc/app/settings.local": "MINE\n"}, NESTED, ["etc/app/settings.local"]),
    "file-for-folder": ({"etc": "MINE\n"}, NESTED, ["etc"]),
    "folder-for-file": ({"settings.local/mine": "MINE\n"}, THEIRS, ["settings.local/mine"]),
}


@pytest.mark.parametrize("switch", [False, True])
def test_files_in_no_commit_are_named_and_left(forge: Forge, *, switch: bool) -> None:
    """Whether or not git ignores them, the repository stays as it is, and others are updated."""
    branch = "stg" if switch else "dev"
    expected: dict[str, list[str]] = {}
    for how in IGNORING:
        for what, (mine, theirs, files) in MINE.items():
            name = f"{how.__name__}-{what}".replace("_", "-")
            repo = forge.add(name)
            how(repo, "*.local\netc\nmine")
            repo.write(mine)
            repo.commit(branch, theirs)
            expected[name] = files
    fine = forge.add("fine")
    fine.commit(branch, THEIRS)
    forge.write_config()
    options = ("--switch",) if switch else ()

    with untouched(forge):
        forge.json("pull", branch, *options, "--dry-run")
        document = forge.json("pull", branch, *options, "-x", "fine", check=REFUSED)
    assert all(codes(row) == ["in_the_way"] for row in rows(document).values())
    assert {n: r["problems"][0]["files"] for n, r in rows(document).items()} == expected

    document = forge.json("pull", branch, *options, check=REFUSED)
    assert states(document) == dict.fromkeys(expected, "blocked") | {"fine": "updated"}


def test_pull_names_the_new_file_that_stands_in_the_way(forge: Forge) -> None:
    """An untracked file that the branch adds is left as it is and named, with a hint."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "theirs\n"})
    api.write({"a.txt": "mine\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("pull", "dev")
    (problem,) = rows(document)["api"]["problems"]
    assert "a.txt" in problem["message"]
    assert problem["hint"]


def test_out_of_the_way_the_branch_is_updated(forge: Forge) -> None:
    """Once the file is moved, as the hint says, pull succeeds."""
    api = forge.add("api")
    ignored_by_clone(api, "*.local")
    api.write({"settings.local": "MINE\n"})
    api.commit("dev", THEIRS)
    forge.write_config()
    forge.json("pull", "dev", check=REFUSED)
    (api.clone / "settings.local").rename(api.clone / "mine.local")
    assert states(forge.json("pull", "dev", check=DONE)) == {"api": "updated"}
    assert (api.clone / "settings.local").read_text() == "shipped\n"
    assert (api.clone / "mine.local").read_text() == "MINE\n"


def change_assumed(repo: ForgeRepo) -> None:
    """Change a file that git assumes to be unchanged."""
    repo.git("update-index", "--assume-unchanged", "README.md")
    repo.write({"README.md": "MINE\n"})


def change_skipped(repo: ForgeRepo) -> None:
    """Change a file that is marked skip-worktree."""
    repo.git("update-index", "--skip-worktree", "README.md")
    repo.write({"README.md": "MINE\n"})


@pytest.mark.parametrize("hide", [change_assumed, change_skipped])
@pytest.mark.parametrize("theirs", ["changed\n", None])
@pytest.mark.parametrize("switch", [False, True])
def test_changes_that_git_was_told_not_to_see_are_left(
    forge: Forge, hide: Callable[[ForgeRepo], None], theirs: str | None, *, switch: bool
) -> None:
    """They stay whether the branch changes or deletes the file; the hint makes git see them."""
    api = forge.add("api")
    branch = "stg" if switch else "dev"
    options = ("--switch",) if switch else ()
    hide(api)
    api.commit(branch, {"README.md": theirs})
    forge.write_config()
    with untouched(forge):
        document = forge.json("pull", branch, *options, check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("local_changes", ["README.md"])
    command = problem["hint"].partition(": git -C api ")[2].partition(";")[0]
    api.git(*command.split())
    assert api.git("status", "--porcelain").split() == ["M", "README.md"]


def test_marked_files_without_a_change_stand_in_no_way(forge: Forge) -> None:
    """Nor do files left out by a sparse checkout, or ignored files in the same folders."""
    for name in ("marked", "sparse", "beside", "into-a-folder", "renamed", "folder-to-file"):
        forge.add(name, files={"README.md": "1\n", "lib/a": "1\n", "Name": "1\n"})
    repos = forge.repos
    repos["marked"].git("update-index", "--assume-unchanged", "README.md")
    repos["marked"].git("update-index", "--skip-worktree", "lib/a")
    repos["sparse"].git("sparse-checkout", "set", "--no-cone", "/*", "!/lib/")
    ignored_by_clone(repos["beside"], "*.mine")
    repos["beside"].write({"lib/x.mine": "MINE\n", "new.mine": "MINE\n"})
    for name in ("marked", "sparse", "beside"):
        repos[name].commit("dev", {"README.md": "2\n", "lib/a": "2\n", "lib/b": "2\n"})
    repos["into-a-folder"].commit("dev", {"README.md": None, "README.md/now": "2\n"})
    repos["renamed"].commit("dev", {"Name": None, "name": "1\n"})
    repos["folder-to-file"].commit("dev", {"lib/a": None, "lib": "2\n"})
    forge.write_config()
    document = forge.json("pull", "dev", check=DONE)
    assert states(document) == dict.fromkeys(repos, "updated")
    for repo in repos.values():
        assert repo.git("rev-parse", "HEAD") == repo.tip("dev")
        assert repo.git("status", "--porcelain", "--untracked-files=no") == ""
    assert (repos["beside"].clone / "lib/x.mine").read_text() == "MINE\n"


ODD_NAMES = ("link", "line\nbreak", '"quoted"', "carriage\r")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("changed", ["", *ODD_NAMES, "link as a file", "file as a link"])
def test_links_and_odd_names_are_looked_at_like_others(
    forge: Forge, changed: str, object_format: str
) -> None:
    """Marked but unchanged, they do not block, as in `git pull`; a changed one is named."""
    api = forge.add("api", ("dev",), files={"README.md": "1\n"}, object_format=object_format)
    link = api.clone / "link"
    for content in ("old", "new"):
        api.write(dict.fromkeys(ODD_NAMES[1:], content))
        link.unlink(missing_ok=True)
        link.symlink_to(content)
        api.git("add", "--all")
        api.git("commit", "--quiet", "--message", content)
    api.git("push", "--quiet", "origin", "dev")
    api.git("reset", "--quiet", "--hard", "HEAD^")
    api.git("update-index", "--assume-unchanged", *ODD_NAMES)
    mine = {"link as a file": "link", "file as a link": ODD_NAMES[1]}.get(changed, changed)
    if changed:
        (api.clone / mine).unlink()
    if changed in {"link", "file as a link"}:
        (api.clone / mine).symlink_to("MINE")
    elif changed:
        api.write({mine: "MINE"})
    forge.write_config()
    document = forge.json("pull", "dev", check=REFUSED if changed else DONE)
    assert [p["files"] for p in rows(document)["api"]["problems"]] == ([[mine]] if changed else [])
    if not changed:
        assert str(link.readlink()) == "new"
        assert {(api.clone / name).read_text() for name in ODD_NAMES[1:]} == {"new"}


def test_a_marked_submodule_stands_in_no_way(forge: Forge) -> None:
    """A checkout does not touch the files in a submodule."""
    lib, api = forge.add("lib"), forge.add("api")
    api.git("submodule", "--quiet", "add", lib.url, "lib")
    api.git("commit", "--quiet", "--message", "lib")
    lib.commit("dev", {"a.txt": "1\n"})
    api.git("commit", "--quiet", "--allow-empty", "--message", "next")
    api.git("update-index", "--cacheinfo", f"160000,{lib.tip('dev')},lib")
    api.git("commit", "--quiet", "--amend", "--no-edit")
    api.git("push", "--quiet", "origin", "dev")
    api.git("reset", "--quiet", "--hard", "HEAD^")
    api.git("update-index", "--assume-unchanged", "lib")
    forge.write_config()
    assert states(forge.json("pull", "dev", "-r", "api", check=DONE)) == {"api": "updated"}


def test_a_hidden_submodule_does_not_hide_what_is_in_its_way(forge: Forge) -> None:
    """`submodule.*.ignore` does not hide a file where the branch has a submodule."""
    lib, api = forge.add("lib"), forge.add("api")
    listed = f'[submodule "lib"]\n\tpath = lib\n\turl = {lib.url}\n\tignore = all\n'
    api.local_commit({".gitmodules": listed})
    api.git("update-index", "--add", "--cacheinfo", f"160000,{lib.tip('dev')},lib")
    api.git("commit", "--quiet", "--message", "Take in lib")
    api.git("push", "--quiet", "origin", "dev")
    api.git("reset", "--quiet", "--hard", "HEAD^")
    ignored_by_clone(api, "lib")
    api.write({"lib": "MINE\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("pull", "dev", "-r", "api", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("in_the_way", ["lib"])


def test_names_that_differ_in_case_only_are_two_files(forge: Forge) -> None:
    """On a case-sensitive disk, the ignored file stays next to the branch's file."""
    api = forge.add("api")
    ignored_by_clone(api, "Settings.*")
    api.write({"Settings.Local": "MINE\n"})
    if (api.clone / "settings.local").exists():
        pytest.skip("the disk does not tell case apart")
    api.commit("dev", THEIRS)
    forge.write_config()
    assert states(forge.json("pull", "dev", check=DONE)) == {"api": "updated"}
    assert (api.clone / "Settings.Local").read_text() == "MINE\n"
    assert (api.clone / "settings.local").read_text() == "shipped\n"
