"""Odd states of repositories, servers and hooks that once led the engine or git's door astray."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from multigit.adapters.git.config import read_config
from multigit.adapters.git.repository import GitRepository
from multigit.core.planning.push import to_commit
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.snapshot import Change
from multigit.core.values.workspace import PushRules, Stage
from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, open_clone, open_door, open_folder
from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import git, init

DEV = Stage("dev", "dev")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository."""
    return forge.add("api", files={"README.md": "1\n", "conf": "1\n", "d/a": "1\n"})


def commit_all(repository: GitRepository) -> None:
    """Commit what `multigit push dev --promote stg` would: preview, then commit the same."""
    work = repository.work_tree(sizes=True)
    changes = to_commit(work, DEV, PushRules())
    preview = repository.commit_preview(work.head, changes, SIGNATURE)
    made = repository.commit(changes, SIGNATURE, verify=True)
    assert made.tree == preview.tree


# --- Reading


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_a_subject_may_hold_any_character(odd: str, forge: Forge, api: ForgeRepo) -> None:
    """`str.splitlines` knows more line breaks than git; one such commit stops every command."""
    base = api.tip("dev")
    tip = api.commit("dev", {"a": "1\n"}, message=f"one{odd}two")
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",)))
    waiting = repository.waiting(base, tip)
    assert waiting.commits == 1
    assert waiting.newest
    assert waiting.newest.subject == f"one{odd}two"


def test_a_tag_may_hold_any_character(forge: Forge, api: ForgeRepo) -> None:
    """A colleague's tag must not stop every command."""
    api.remote_git("update-ref", "refs/tags/deploy-1\u2028x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1\u2028x"]


def test_a_tag_below_the_releases_name_is_seen(forge: Forge, api: ForgeRepo) -> None:
    """`tag_name` counts deploy-1/x as in the way of deploy-1, but is never told of it."""
    api.remote_git("update-ref", "refs/tags/deploy-1/x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-1*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1/x"]


def test_a_tag_without_a_message_hides_no_other(forge: Forge, api: ForgeRepo) -> None:
    """Two NULs in a row are also what an empty message and its end look like."""
    for name, message in (("deploy-1", ""), ("deploy-2", "two")):
        header = f"object {api.tip('main')}\ntype commit\ntag {name}\n"
        body = f"tagger A <a@example.org> 1 +0000\n\n{message}"
        sha = api.remote_git("mktag", input=header + body)
        api.remote_git("update-ref", f"refs/tags/{name}", sha)
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",), ("deploy-*",)))
    assert repository.tag_messages(["deploy-*"]) == {"deploy-1": "", "deploy-2": "two"}


def test_a_repository_that_vanished_is_not_taken_for_the_current_folder(
    forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitPython runs git in the current folder when the given one is gone; commits, too."""
    shop = forge.add("shop", path=".")
    repository = open_clone(forge, api)
    repository.facts()
    shutil.rmtree(api.clone)
    monkeypatch.chdir(shop.clone)
    with pytest.raises(GitError):
        repository.refs(RefQuery(("dev",)))
    shop.write({"mine": "1\n"})
    with pytest.raises(GitError):
        repository.commit([Change("mine", "untracked")], SIGNATURE, verify=True)


def test_a_colon_above_does_not_open_an_outer_repository(forge: Forge) -> None:
    """GIT_CEILING_DIRECTORIES is a list with colons, so such a parent is no ceiling."""
    outer = forge.add("outer", path="a:b")
    (outer.clone / "plain").mkdir()
    with pytest.raises(GitError):
        open_folder(outer.clone / "plain").facts()


def test_a_file_in_a_repositorys_place_is_something(forge: Forge) -> None:
    """`exists` ends in NotADirectoryError, so `multigit pull` calls it a bug."""
    (forge.shop / "api").touch()
    assert open_folder(forge.shop / "api").exists()


@pytest.mark.parametrize(("value", "expected"), [(" =", False), (" = 2", True)])
def test_a_flag_is_what_git_takes_it_for(value: str, tmp_path: Path, *, expected: bool) -> None:
    """An empty value is false, any number but 0 is true."""
    init(tmp_path)
    with (tmp_path / ".git/config").open("a", encoding="utf-8") as file:
        file.write(f"[commit]\n\tgpgSign{value}\n")
    truth = git(tmp_path, "config", "--type=bool", "commit.gpgSign") == "true"
    assert truth == expected
    assert read_config(open_door(tmp_path)).flag("commit.gpgsign") == expected


# --- Committing


def test_a_staged_file_that_is_gone_again_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """Status says AD; preview and commit end in "pathspec did not match"."""
    api.write({"new": "1\n", "other": "1\n"})
    api.git("add", "new")
    api.write({"new": None})
    commit_all(open_clone(forge, api))


def test_a_file_can_become_a_folder_without_its_litter(forge: Forge, api: ForgeRepo) -> None:
    """The pathspec of the old file takes in all that lies in the new folder; the commit fails."""
    api.write({"conf": None})
    api.write({"conf/a": "1\n", "conf/.DS_Store": "litter"})
    repository = open_clone(forge, api)
    commit_all(repository)
    assert "conf/.DS_Store" not in api.git("ls-files").splitlines()


def test_a_folder_can_become_a_link(forge: Forge, api: ForgeRepo) -> None:
    """Git refuses a pathspec beyond a symbolic link."""
    shutil.rmtree(api.clone / "d")
    (api.clone / "d").symlink_to("conf")
    commit_all(open_clone(forge, api))


def test_a_file_whose_content_only_a_filter_knows_is_no_change(
    forge: Forge, api: ForgeRepo
) -> None:
    """Without its filter a touched file looks modified; then there is nothing to commit."""
    api.git("config", "filter.up.clean", "tr a-z A-Z")
    api.git("config", "filter.up.smudge", "tr A-Z a-z")
    api.local_commit({".gitattributes": "*.big filter=up\n", "x.big": "content\n"})
    os.utime(api.clone / "x.big", (1, 1))
    assert api.git("--no-optional-locks", "status", "--porcelain") == ""
    commit_all(open_clone(forge, api))


def test_changes_inside_a_submodule_are_nothing_to_commit(forge: Forge, api: ForgeRepo) -> None:
    """A file more in a submodule's work tree stops `multigit push` in all repositories."""
    lib = forge.add("lib")
    api.git("submodule", "--quiet", "add", lib.url, "lib")
    api.git("commit", "--quiet", "--message", "Add a submodule")
    (api.clone / "lib/new").touch()
    commit_all(open_clone(forge, api))


def test_an_ignored_file_can_be_added_by_force(forge: Forge, api: ForgeRepo) -> None:
    """It is staged, so the user wants it; the preview refuses it."""
    api.local_commit({".gitignore": "*.log\n"})
    api.write({"a.log": "1\n"})
    api.git("add", "--force", "a.log")
    commit_all(open_clone(forge, api))


def test_a_sparse_checkout_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """A new file outside of it is listed, and then cannot be added."""
    api.git("sparse-checkout", "set", "d")
    api.write({"d/a": "2\n", "e/new": "1\n"})
    commit_all(open_clone(forge, api))


def test_a_repository_inside_is_not_committed(forge: Forge) -> None:
    """One that the configuration does not know becomes a gitlink, or stops the commit."""
    shop = forge.add("shop", path=".")
    init(forge.shop / "stray")
    (forge.shop / "stray/a").touch()
    repository = open_clone(forge, shop)
    assert [change.path for change in repository.work_tree(sizes=True).changes] == []


def test_a_message_is_committed_as_it_is(forge: Forge, api: ForgeRepo) -> None:
    """The preview keeps it, `git commit` tidies it up: another commit than was shown."""
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    work = repository.work_tree()
    signature = Signature("feat: x  \n\n\nbody", SIGNATURE.date)
    preview = repository.commit_preview(work.head, work.changes, signature)
    made = repository.commit(work.changes, signature, verify=True)
    assert made.sha == preview.sha


def test_a_message_may_begin_with_a_hash(forge: Forge, api: ForgeRepo) -> None:
    """With `commit.cleanup = strip` the whole message is a comment."""
    api.git("config", "commit.cleanup", "strip")
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    changes = repository.work_tree().changes
    made = repository.commit(changes, Signature("#12: fix", SIGNATURE.date), verify=True)
    assert api.git("show", "--no-patch", "--format=%s", made.sha) == "#12: fix"


@pytest.mark.parametrize(
    "words", ["line 2: flake8: not found", "./lint: Permission denied", "error: 500 style errors"]
)
def test_a_hooks_words_are_not_taken_for_the_remotes(
    words: str, forge: Forge, api: ForgeRepo
) -> None:
    """A commit hook without its linter is reported as "the remote repository was not found"."""
    hook = api.clone / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\necho '{words}' >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    with pytest.raises(GitError) as caught:
        repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)
    assert "remote" not in caught.value.message
    assert words in caught.value.message


def test_a_hook_may_leave_something_running(forge: Forge, api: ForgeRepo) -> None:
    """The commit is made; waiting for the hook's child ends in "git commit did not end"."""
    hook = api.clone / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\nsleep 20 &\n", encoding="utf-8")
    hook.chmod(0o755)
    api.write({"new": "1\n"})
    repository = open_clone(forge, api, timeout=3)
    repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)
