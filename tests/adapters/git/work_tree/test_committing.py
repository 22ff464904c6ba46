"""The changes of a work tree are listed, previewed and committed in the same way."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from pytest_git import GitRepo

from multigit.adapters.git.repository import GitRepository
from multigit.core.planning.push_request import to_commit
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.push_rules import PushRules
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Stage
from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, open_clone, open_folder
from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import git, init
from tests.support.programs import program

DEV = Stage("dev", "dev")
UNUSUAL = (
    *("with space", " leading", "trailing ", "-dash", "--output=f", "new\nline", "tab\there"),
    *(":(top)magic", "[x]*", "star*", 'quo"te', "back\\slash", "~tilde", "ümläut-日本", "a/-b/c"),
    *((os.fsdecode(b"raw-\xff"),) if sys.platform != "darwin" else ()),
)


@pytest.fixture
def folder(git_repo: GitRepo) -> Path:
    """Return a repository with one commit and a remote that is never contacted."""
    folder = Path(git_repo.workspace)
    (folder / "README.md").write_text("1\n", encoding="utf-8")
    git_repo.api.git.add(all=True)
    git_repo.api.git.commit(message="Begin")
    git_repo.api.create_remote("origin", "file:///nowhere")
    return folder


@pytest.fixture
def repository(folder: Path) -> GitRepository:
    """Return that repository, opened."""
    return open_folder(folder)


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository."""
    return forge.add("api", files={"README.md": "1\n", "conf": "1\n", "d/a": "1\n"})


def commit_all(repository: GitRepository, folder: Path) -> tuple[WorkTree, Tip]:
    """Commit all changes; assert that the preview was the same, and that nothing is left."""
    work = repository.work_tree(sizes=True)
    preview = repository.commit_preview(work.head, work.changes, SIGNATURE)
    assert repository.work_tree(sizes=True) == work
    made = repository.commit(work.changes, SIGNATURE, verify=True)
    assert (preview.sha, preview.tree) == (made.sha, made.tree)
    assert git(folder, "status", "--porcelain") == ""
    return work, made


def commit_as_push_does(repository: GitRepository) -> None:
    """Preview and commit what `multigit push dev --promote stg` would; assert that both agree."""
    work = repository.work_tree(sizes=True)
    changes = to_commit(work, DEV, PushRules())
    preview = repository.commit_preview(work.head, changes, SIGNATURE)
    made = repository.commit(changes, SIGNATURE, verify=True)
    assert made.tree == preview.tree


def tree(folder: Path, commit: str) -> dict[str, str]:
    """Return the mode of each file of a commit, by path."""
    rows = git(folder, "ls-tree", "-r", "-z", commit).split("\0")[:-1]
    return {row.partition("\t")[2]: row.split(" ")[0] for row in rows}


def test_unusual_paths_are_committed_like_others(repository: GitRepository, folder: Path) -> None:
    """New, changed and deleted files may have any name, even one that is not text."""
    for name in UNUSUAL:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1\n", encoding="utf-8")
    work, made = commit_all(repository, folder)
    assert sorted(each.path for each in work.changes) == sorted(UNUSUAL)
    assert set(tree(folder, made.sha)) == {"README.md", *UNUSUAL}
    for name in UNUSUAL[::2]:
        (folder / name).write_text("2\n", encoding="utf-8")
    for name in UNUSUAL[1::2]:
        (folder / name).unlink()
    work, made = commit_all(repository, folder)
    kinds = {each.path: each.kind for each in work.changes}
    assert kinds == {
        **dict.fromkeys(UNUSUAL[::2], "modified"),
        **dict.fromkeys(UNUSUAL[1::2], "deleted"),
    }
    assert set(tree(folder, made.sha)) == {"README.md", *UNUSUAL[::2]}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_path_names_only_itself(
    name: str, repository: GitRepository, folder: Path
) -> None:
    """A path that looks like a pattern does not match other files."""
    others = ["x", "magic", "star-and-more", "dash"]
    for each in (name, *others):
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).touch()
    made = repository.commit([Change(name, "untracked")], SIGNATURE, verify=True)
    assert set(tree(folder, made.sha)) == {"README.md", name}


def test_executables_and_links_keep_their_kind(repository: GitRepository, folder: Path) -> None:
    """A change of the mode alone is committed, too."""
    (folder / "link").symlink_to("nowhere")
    (folder / "run").touch(mode=0o755)
    (folder / "README.md").chmod(0o755)
    _, made = commit_all(repository, folder)
    modes = {"link": "120000", "run": "100755", "README.md": "100755"}
    assert tree(folder, made.sha) == modes


def test_a_folder_can_become_a_file(repository: GitRepository, folder: Path) -> None:
    """The files of the old folder are deleted."""
    (folder / "d").mkdir()
    (folder / "d/a").touch()
    commit_all(repository, folder)
    (folder / "d/a").unlink()
    (folder / "d").rmdir()
    (folder / "d").touch()
    _, made = commit_all(repository, folder)
    assert set(tree(folder, made.sha)) == {"README.md", "d"}


def test_renames_are_a_deletion_and_an_addition(repository: GitRepository, folder: Path) -> None:
    """This holds whether or not they are staged."""
    git(folder, "mv", "README.md", "staged.md")
    work, made = commit_all(repository, folder)
    assert {(each.path, each.kind) for each in work.changes} == {
        ("README.md", "deleted"),
        ("staged.md", "added"),
    }
    (folder / "staged.md").rename(folder / "moved.md")
    _, made = commit_all(repository, folder)
    assert set(tree(folder, made.sha)) == {"moved.md"}


def test_ignored_files_are_no_changes(repository: GitRepository, folder: Path) -> None:
    """This does not apply to files that were committed before they were ignored."""
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (folder / "kept.log").touch()
    git(folder, "add", "--force", "kept.log", ".gitignore")
    git(folder, "commit", "--quiet", "--message", "Keep one log")
    (folder / "new.log").touch()
    (folder / "kept.log").write_text("1", encoding="utf-8")
    assert [each.path for each in repository.work_tree().changes] == ["kept.log"]
    commit_all(repository, folder)


def test_the_author_and_the_dates_are_those_of_the_plan(
    repository: GitRepository, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author and committer are those that git finds, and both dates are the operation's."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Äda")
    (folder / "a").touch()
    _, made = commit_all(repository, folder)
    shown = git(
        folder, "show", "--no-patch", "--format=%an|%ae|%ad|%cn|%cd", "--date=raw", made.sha
    )
    date = SIGNATURE.date
    assert shown == f"Äda|ada@example.org|{date}|Ada Lovelace|{date}"


def test_messages_are_utf8(repository: GitRepository, folder: Path) -> None:
    """`i18n.commitEncoding` is ignored, and the commit has no encoding header."""
    git(folder, "config", "i18n.commitEncoding", "latin1")
    (folder / "a").touch()
    signature = type(SIGNATURE)("Größe: 日本", SIGNATURE.date)
    work = repository.work_tree()
    made = repository.commit(work.changes, signature, verify=True)
    raw = git(folder, "cat-file", "commit", made.sha)
    assert raw.endswith("\n\nGröße: 日本")
    assert "encoding" not in raw


def test_several_work_trees_at_once(
    repository: GitRepository, folder: Path, tmp_path: Path
) -> None:
    """A linked work tree commits to its own branch of the same repository."""
    linked = tmp_path / "linked"
    git(folder, "worktree", "add", "--quiet", "-b", "other", str(linked))
    (linked / "a").touch()
    (folder / "b").touch()
    other = open_folder(linked)
    assert [each.path for each in other.work_tree().changes] == ["a"]
    made = other.commit(other.work_tree().changes, SIGNATURE, verify=True)
    assert git(folder, "rev-parse", "other") == made.sha
    assert [each.path for each in repository.work_tree().changes] == ["b"]


# --- Odd work trees, committed as `multigit push` does


def test_a_staged_file_that_is_gone_again_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """Neither the preview nor the commit passes the deleted file to git."""
    api.write({"new": "1\n", "other": "1\n"})
    api.git("add", "new")
    api.write({"new": None})
    commit_as_push_does(open_clone(forge, api))


def test_a_file_can_become_a_folder_without_its_litter(forge: Forge, api: ForgeRepo) -> None:
    """The path of the old file matches the whole new folder, but only chosen files are added."""
    api.write({"conf": None})
    api.write({"conf/a": "1\n", "conf/.DS_Store": "litter"})
    repository = open_clone(forge, api)
    commit_as_push_does(repository)
    assert "conf/.DS_Store" not in api.git("ls-files").splitlines()


def test_a_folder_can_become_a_link(forge: Forge, api: ForgeRepo) -> None:
    """No path beyond the link is passed to git, which would refuse it."""
    shutil.rmtree(api.clone / "d")
    (api.clone / "d").symlink_to("conf")
    commit_as_push_does(open_clone(forge, api))


def test_a_file_whose_content_only_a_filter_knows_is_no_change(
    forge: Forge, api: ForgeRepo
) -> None:
    """A file that only looks modified without its filter does not prevent a commit."""
    api.git("config", "filter.up.clean", "tr a-z A-Z")
    api.git("config", "filter.up.smudge", "tr A-Z a-z")
    api.local_commit({".gitattributes": "*.big filter=up\n", "x.big": "content\n"})
    os.utime(api.clone / "x.big", (1, 1))
    assert api.git("--no-optional-locks", "status", "--porcelain") == ""
    commit_as_push_does(open_clone(forge, api))


def test_changes_inside_a_submodule_are_nothing_to_commit(forge: Forge, api: ForgeRepo) -> None:
    """A new file in a submodule's work tree does not prevent a push."""
    lib = forge.add("lib")
    api.git("submodule", "--quiet", "add", lib.url, "lib")
    api.git("commit", "--quiet", "--message", "Add a submodule")
    (api.clone / "lib/new").touch()
    commit_as_push_does(open_clone(forge, api))


def test_an_ignored_file_can_be_added_by_force(forge: Forge, api: ForgeRepo) -> None:
    """A staged file is committed even if it is ignored."""
    api.local_commit({".gitignore": "*.log\n"})
    api.write({"a.log": "1\n"})
    api.git("add", "--force", "a.log")
    commit_as_push_does(open_clone(forge, api))


def test_a_sparse_checkout_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """A new file may be inside or outside of it."""
    api.git("sparse-checkout", "set", "d")
    api.write({"d/a": "2\n", "e/new": "1\n"})
    commit_as_push_does(open_clone(forge, api))


def test_a_repository_inside_is_not_committed(forge: Forge) -> None:
    """A repository that is not configured is not a change, and does not become a submodule."""
    shop = forge.add("shop", path=".")
    init(forge.shop / "stray")
    (forge.shop / "stray/a").touch()
    repository = open_clone(forge, shop)
    assert [change.path for change in repository.work_tree(sizes=True).changes] == []


def test_a_message_is_committed_as_it_is(forge: Forge, api: ForgeRepo) -> None:
    """Its spaces and empty lines stay, so the commit equals the preview."""
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    work = repository.work_tree()
    signature = Signature("feat: x  \n\n\nbody", SIGNATURE.date)
    preview = repository.commit_preview(work.head, work.changes, signature)
    made = repository.commit(work.changes, signature, verify=True)
    assert made.sha == preview.sha


def test_a_message_may_begin_with_a_hash(forge: Forge, api: ForgeRepo) -> None:
    """Such a line is kept even if `commit.cleanup` is `strip`."""
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
    """An error from a commit hook is not mistaken for a problem with the remote."""
    program(api.clone / ".git/hooks/pre-commit", f"echo '{words}' >&2; exit 1")
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    with pytest.raises(GitError) as caught:
        repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)
    assert "remote" not in caught.value.message
    assert words in caught.value.message


def test_a_hook_may_leave_something_running(forge: Forge, api: ForgeRepo) -> None:
    """The commit does not wait for a process that the hook left in the background."""
    program(api.clone / ".git/hooks/post-commit", "sleep 20 &")
    api.write({"new": "1\n"})
    repository = open_clone(forge, api, timeout=3)
    repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)
