"""A stage without some of its commits, with all kinds of files, and what a push of that brings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.lineage.revert_messages import reapplying
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.merge import Skip
from tests.adapters.git.clones import SIGNATURE, open_clone, sides
from tests.support.forge import Forge, ForgeRepo

FILES = {"run.sh": "run\n", "link": "a\n", "a": "a\n", "own": "1\n", "kind": "file\n"}
PATHS = ("run.sh", "link", "lib", "kind", "kind/x", "folder", "folder/y")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with a commit on dev."""
    return forge.add("api", files={**FILES, "folder/y": "y\n"})


def worked(api: ForgeRepo, pointer: str) -> str:
    """Change modes and kinds of files in the clone, and a submodule's pointer; return the commit.

    A file becomes a folder, and a folder a file.
    """
    (api.clone / "run.sh").chmod(0o755)
    for path in ("link", "kind", "folder/y"):
        (api.clone / path).unlink()
    (api.clone / "folder").rmdir()
    (api.clone / "link").symlink_to("a")
    (api.clone / "kind").mkdir()
    (api.clone / "kind/x").write_text("x\n")
    (api.clone / "folder").write_text("no folder\n")
    (api.clone / "lib").mkdir()
    api.git("add", "--all")
    api.git("update-index", "--add", "--cacheinfo", f"160000,{pointer},lib")
    return committed(api, "feat: all kinds")


def committed(api: ForgeRepo, message: str) -> str:
    """Commit the index of the clone."""
    api.git("commit", "--quiet", "--message", message)
    return api.git("rev-parse", "HEAD")


def entries(api: ForgeRepo, tree: str) -> dict[str, str]:
    """Return the modes and objects in a tree, by path."""
    lines = api.git("ls-tree", "-r", tree).splitlines()
    return {path: content for content, path in (line.split("\t") for line in lines)}


def seen_without(forge: Forge, api: ForgeRepo, earlier: str, skip: Skip) -> dict[str, str]:
    """Return what the checked-out branch has without some changes of a commit."""
    repository = open_clone(forge, api)
    later = repository.tip(api.git("rev-parse", "HEAD"))
    folded = repository.fold(repository.tip(earlier), later, [skip])
    assert not folded.conflicts
    return entries(api, folded.tree)


@pytest.mark.parametrize("paths", [(), PATHS])
@pytest.mark.parametrize("of_a_revert", [True, False])
def test_all_kinds_of_files_are_as_they_were(
    forge: Forge, api: ForgeRepo, *, paths: tuple[str, ...], of_a_revert: bool
) -> None:
    """Modes, links, pointers, files that became folders: whole commits, or some of their paths.

    What else the commit changed in other paths stays, and so does a later hotfix.
    """
    before = api.git("rev-parse", "HEAD")
    work = worked(api, "1" * 40)
    if of_a_revert:
        api.git("revert", "--no-commit", work)
    else:  # work that is left out itself, such as by a roll-back of an older one
        api.git("checkout", "--quiet", "-B", "dev", before)
        api.git("cherry-pick", "--no-commit", work)
    api.git("update-index", "--add", "--cacheinfo", f"100644,{blob(api, '2')},own")
    left_out = committed(api, "Revert")
    api.git("update-index", "--add", "--cacheinfo", f"100644,{blob(api, 'hot')},a")
    committed(api, "fix: hot")

    earlier = work if of_a_revert else before
    found = seen_without(forge, api, earlier, Skip(left_out, paths))

    wanted = entries(api, earlier) | {"a": f"100644 blob {blob(api, 'hot')}"}
    if paths:
        wanted["own"] = f"100644 blob {blob(api, '2')}"
    assert found == wanted


def blob(api: ForgeRepo, text: str) -> str:
    """Return a file's content as an object."""
    return api.git("hash-object", "-w", "--stdin", input=text)


# --- What a push of it brings


@pytest.fixture
def repository(forge: Forge, api: ForgeRepo) -> GitRepository:
    """Return a clone whose main was rolled back, with something new on dev."""
    api.remote_git("update-ref", "refs/heads/main", api.commit("dev", {"pay": "1\n"}))
    revert = f"Revert\n\nThis reverts commit {api.tip('main')}."
    api.commit("main", {"pay": None}, message=revert)
    api.commit("main", {"hot": "1\n"})
    api.commit("dev", {"b": "1\n"})
    return open_clone(forge, api)


def with_work(repository: GitRepository, later: Tip, earlier: Tip) -> Tip:
    """Return the commit on top of main that brings back what was rolled back."""
    reverted = repository.parents([later.sha])[later.sha][0]
    tree = repository.fold(earlier, later, [Skip(reverted)]).tree
    signature = Signature(reapplying("main", [reverted]), SIGNATURE.date)
    return Tip(repository.commit_tree(tree, later.sha, signature), tree)


def test_a_push_of_work_that_comes_back_brings_what_the_stage_did_not_have(
    repository: GitRepository,
) -> None:
    """Both commits that such a promotion makes, and what they bring, are counted."""
    later, earlier = sides(repository)
    tip = with_work(repository, later, earlier)
    pushed = repository.pushed(repository.merge(tip, earlier, SIGNATURE).commit)
    assert (sorted(pushed.paths), pushed.commits) == (["b", "pay"], 3)
    assert pushed.message.strip() == SIGNATURE.message


def test_work_that_comes_back_alone_is_all_that_is_pushed(repository: GitRepository) -> None:
    """The commit's parent is what the stage had."""
    tip = with_work(repository, *sides(repository))
    pushed = repository.pushed(tip.sha)
    assert (pushed.paths, pushed.commits) == (("pay",), 1)


def test_a_back_merge_without_a_roll_back_brings_the_rest_of_the_stage(
    repository: GitRepository,
) -> None:
    """Compared with the earlier stage, which is the first parent."""
    later, earlier = sides(repository)
    tip = with_work(repository, later, earlier)
    pushed = repository.pushed(repository.merge(earlier, tip, SIGNATURE).commit)
    assert (pushed.paths, pushed.commits) == (("hot",), 4)


def test_a_merge_onto_work_that_came_back_earlier_brings_only_what_is_new(
    repository: GitRepository,
) -> None:
    """It was published alone, by an operation of before."""
    later, earlier = sides(repository)
    tip = with_work(repository, later, earlier)
    anew = replace(SIGNATURE, date=f"{int(SIGNATURE.date.split()[0]) + 60} +0000")
    pushed = repository.pushed(repository.merge(tip, earlier, anew).commit)
    assert (pushed.paths, pushed.commits) == (("b",), 2)


def test_a_stage_that_began_by_itself_can_be_seen_without_a_roll_back(
    forge: Forge, api: ForgeRepo
) -> None:
    """As if it was made on a host with a first commit of its own, and merged the other one then."""
    api.git("checkout", "--quiet", "--orphan", "first")
    api.git("rm", "--quiet", "-r", "--force", ".")
    api.local_commit({"README.md": "# api\n"})
    merging = ("--no-ff", "--allow-unrelated-histories", "--message", "Merge dev")
    api.git("merge", "--quiet", *merging, "origin/dev")
    api.git("revert", "--no-edit", "--mainline", "1", "HEAD")
    reverted = api.git("rev-parse", "HEAD")
    api.local_commit({"hot": "1\n"})
    repository = open_clone(forge, api)
    earlier, later = (repository.tip(api.git("rev-parse", name)) for name in ("origin/dev", "HEAD"))
    folded = repository.fold(earlier, later, [Skip(reverted)])
    assert folded.own == {"README.md", "hot"}
    assert set(entries(api, folded.tree)) == {*FILES, "folder/y", "README.md", "hot"}
