"""What is at the path of a repository: a repository of any kind, something else, or nothing."""

from __future__ import annotations

import os
import shutil

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.work_tree import Change
from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, STAGES, open_clone, open_folder, sides
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git

NOBODY = 65534
ADA = "Ada Lovelace <ada@example.org>"


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository whose dev is one commit ahead of main."""
    repo = forge.add("api")
    repo.commit("dev", {"a": "1\n"})
    return repo


def refused(repository: GitRepository, code: str) -> GitError:
    """Assert that every question fails, and return the error of a fetch, which has this code."""
    asked = (
        repository.facts,
        repository.work_tree,
        lambda: repository.fetch(STAGES),
    )
    for ask in asked:
        with pytest.raises(GitError) as caught:
            ask()
        assert caught.value.message
    with pytest.raises(GitError) as caught:
        repository.fetch(STAGES)
    assert caught.value.code == code
    return caught.value


# --- No repository


def test_nothing_there_is_said(forge: Forge) -> None:
    """The hint says what to do."""
    error = refused(open_folder(forge.shop / "nowhere"), "missing")
    assert "multigit.toml" in error.hint


def test_an_empty_folder_is_as_good_as_nothing(forge: Forge) -> None:
    """A repository can be cloned into it, but nothing can be read."""
    (forge.shop / "empty").mkdir()
    repository = open_folder(forge.shop / "empty")
    assert not repository.exists()
    refused(repository, "not_a_repository")


def test_a_plain_folder_is_no_repository(forge: Forge) -> None:
    """Nothing may be cloned over it."""
    (forge.shop / "plain").mkdir()
    (forge.shop / "plain/file").touch()
    repository = open_folder(forge.shop / "plain")
    assert repository.exists()
    refused(repository, "not_a_repository")


@pytest.mark.parametrize("kind", ["folder", "linked folder", "linked parent", "empty .git"])
def test_a_folder_inside_a_repository_is_never_taken_for_that(
    kind: str, forge: Forge, api: ForgeRepo
) -> None:
    """This holds whether it is reached directly or through a symbolic link."""
    inside = api.clone / "inside"
    inside.mkdir()
    (inside / "file").touch()
    folder = inside
    if kind == "linked folder":
        folder = forge.shop / "link"
        folder.symlink_to(inside)
    elif kind == "linked parent":
        (forge.root / "link").symlink_to(api.clone)
        folder = forge.root / "link/inside"
    elif kind == "empty .git":
        (inside / ".git").mkdir()
    with untouched(forge):
        refused(open_folder(folder), "not_a_repository")


def test_a_folder_in_the_workspaces_own_repository_is_not_taken_for_that(forge: Forge) -> None:
    """This holds if the workspace folder itself is a repository."""
    shop = forge.add("shop", path=".")
    (forge.shop / "services/api").mkdir(parents=True)
    assert open_clone(forge, shop).facts().identity == ADA
    refused(open_folder(forge.shop / "services/api"), "not_a_repository")


def test_a_repository_that_is_broken_says_so(forge: Forge, api: ForgeRepo) -> None:
    """It is reported if the repository's configuration cannot be read."""
    (api.clone / ".git/config").write_text("[broken", encoding="utf-8")
    refused(open_clone(forge, api), "bad_git_config")


def test_a_pointer_to_nowhere_says_so(forge: Forge) -> None:
    """A submodule whose git directory is gone is an error."""
    (forge.shop / "lib").mkdir()
    (forge.shop / "lib/.git").write_text("gitdir: ../nowhere\n", encoding="utf-8")
    with pytest.raises(GitError):
        open_folder(forge.shop / "lib").facts()


def test_a_bare_repository_has_no_work_tree(api: ForgeRepo) -> None:
    """It cannot be worked in."""
    git(api.bare, "remote", "add", "origin", "file:///nowhere")
    with pytest.raises(GitError):
        open_folder(api.bare).work_tree()


def test_a_repository_that_vanished_is_not_taken_for_the_current_folder(
    forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git must not run in the current folder instead, or commits would end up there."""
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
    """GIT_CEILING_DIRECTORIES cannot contain such a path, since colons separate its entries."""
    outer = forge.add("outer", path="a:b")
    (outer.clone / "plain").mkdir()
    with pytest.raises(GitError):
        open_folder(outer.clone / "plain").facts()


def test_a_file_in_a_repositorys_place_is_something(forge: Forge) -> None:
    """Nothing may be cloned over it."""
    (forge.shop / "api").touch()
    assert open_folder(forge.shop / "api").exists()


# --- Repositories of other kinds


def works(repository: GitRepository) -> str:
    """Assert that it can be read, merged and committed to; return the checked-out branch."""
    assert repository.exists()
    assert repository.facts() == CloneFacts(identity=ADA)
    ours, theirs = sides(repository)
    assert repository.merge(ours, theirs, SIGNATURE).commit
    work = repository.work_tree()
    assert work.changes
    made = repository.commit(work.changes, SIGNATURE, verify=True)
    assert repository.work_tree().head == made.sha
    return work.branch


def test_a_linked_work_tree_is_a_repository(forge: Forge, api: ForgeRepo) -> None:
    """It has its own branch, and the clone's remote."""
    linked = forge.shop / "linked"
    api.git("worktree", "add", "--quiet", "-b", "stg", str(linked), "origin/stg")
    (linked / "new").touch()
    assert works(open_folder(linked)) == "stg"
    assert api.git("status", "--porcelain") == ""


def test_a_submodule_is_a_repository(forge: Forge, api: ForgeRepo) -> None:
    """Its git directory is inside that of the outer repository."""
    web = forge.add("web")
    web.git("submodule", "--quiet", "add", api.url, "lib")
    lib = web.clone / "lib"
    assert (lib / ".git").is_file()
    (lib / "new").touch()
    assert works(open_folder(lib)) == "main"


def test_a_repository_behind_a_link_is_one(forge: Forge, api: ForgeRepo) -> None:
    """A symbolic link to a clone works like the clone."""
    (forge.shop / "link").symlink_to(api.clone)
    api.write({"new": "1\n"})
    assert works(open_folder(forge.shop / "link")) == "dev"


@pytest.mark.parametrize("name", ["with space", "-dash", "new\nline", "quo'te\"", "ümläut", "$x"])
def test_a_repository_may_have_any_name(name: str, forge: Forge) -> None:
    """No shell ever interprets it."""
    repo = forge.add("odd", path=name)
    repo.commit("dev", {"a": "1\n"})
    repo.write({"new": "1\n"})
    assert works(open_folder(repo.clone)) == "dev"


@pytest.mark.parametrize("place", ["main", "linked"])
def test_an_operation_under_way_has_its_name(place: str, forge: Forge, api: ForgeRepo) -> None:
    """The clone and each linked work tree have their own."""
    folder = api.clone
    if place == "linked":
        folder = forge.shop / "linked"
        api.git("worktree", "add", "--quiet", "-b", "other", str(folder), "dev")
    git(folder, "bisect", "start", env=forge.env)
    assert open_folder(folder).work_tree().unfinished == "bisect"
    git(folder, "bisect", "reset", env=forge.env)
    assert open_folder(folder).work_tree().unfinished == ""
    if place == "linked":
        git(folder, "bisect", "start", env=forge.env)
        assert open_clone(forge, api).work_tree().unfinished == ""


@pytest.mark.parametrize("kind", ["merge", "rebase", "cherry-pick", "revert"])
def test_conflicted_files_are_no_changes(kind: str, forge: Forge, api: ForgeRepo) -> None:
    """They are listed separately, together with the operation that is under way."""
    base = api.git("rev-parse", "HEAD")
    one = api.local_commit({"README.md": "one\n", "other": "1\n"})
    api.git("checkout", "--quiet", "-b", "side", base)
    api.local_commit({"README.md": "two\n"})
    if kind == "revert":
        api.git("checkout", "--quiet", "dev")
        api.local_commit({"README.md": "three\n"})
    arguments = {"merge": ("--no-edit", one), "revert": ("--no-edit", one)}.get(kind, (one,))
    api.git(kind, *arguments, check=False)
    work = open_clone(forge, api).work_tree()
    assert (work.unfinished, work.conflicted) == (kind, ("README.md",))
    assert "README.md" not in [each.path for each in work.changes]


# --- What prevents publishing


def test_a_shallow_clone_is_called_so(forge: Forge, api: ForgeRepo) -> None:
    """It no longer is after fetching the whole history."""
    git(forge.shop, "clone", "--quiet", "--depth=1", api.url, "shallow", env=forge.env)
    folder = forge.shop / "shallow"
    assert open_folder(folder).facts().shallow
    git(folder, "fetch", "--quiet", "--unshallow", env=forge.env)
    assert not open_folder(folder).facts().shallow


def test_a_work_tree_of_a_shallow_clone_is_shallow(forge: Forge, api: ForgeRepo) -> None:
    """It shares the clone's truncated history."""
    git(forge.shop, "clone", "--quiet", "--depth=1", api.url, "shallow", env=forge.env)
    git(forge.shop / "shallow", "worktree", "add", "--quiet", "../linked", env=forge.env)
    assert open_folder(forge.shop / "linked").facts().shallow


@pytest.mark.parametrize(
    ("commands", "count"),
    [
        ([], 1),
        ([("--push", "file:///one")], 1),
        ([("--push", "file:///one"), ("--add", "--push", "file:///two")], 2),
        ([("--add", "file:///two")], 2),
        ([("--add", "file:///two"), ("--push", "file:///one")], 1),
    ],
)
def test_push_urls_are_counted(
    commands: list[tuple[str, ...]], count: int, forge: Forge, api: ForgeRepo
) -> None:
    """The number is that of the URLs that git would push to."""
    for *options, url in commands:
        api.git("remote", "set-url", *options, "origin", url)
    assert open_clone(forge, api).facts().push_urls == count
    assert len(api.git("remote", "get-url", "--push", "--all", "origin").split()) == count


def test_without_a_remote_nothing_can_be_fetched(forge: Forge, api: ForgeRepo) -> None:
    """The hint's command adds one."""
    api.git("remote", "rename", "origin", "upstream")
    with pytest.raises(GitError) as caught:
        open_clone(forge, api).fetch(STAGES)
    assert caught.value.code == "no_remote"
    assert caught.value.hint == f"Run: git -C api remote add origin {api.url}"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_somebody_elses_repository_is_not_opened(forge: Forge, api: ForgeRepo) -> None:
    """Git's own protection applies, and multigit does not switch it off."""
    repository = open_clone(forge, api)
    os.chown(api.clone, NOBODY, NOBODY)
    os.chown(api.clone / ".git", NOBODY, NOBODY)
    with untouched(forge):
        error = refused(repository, "foreign_owner")
    assert "safe.directory" in error.hint
    assert "safe" not in (forge.root / "home/.gitconfig").read_text()
