"""What a push brings, as a clone has it."""

from __future__ import annotations

import pytest

from multigit.errors import GitError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge
from tests.support.gitenv import git


def test_a_push_brings_what_differs_from_the_first_parent(forge: Forge) -> None:
    """With both names of a renamed file; the merge and what it merges are counted."""
    api = forge.add("api", files={"old name": "1\n" * 20, "b": "1\n", "x/y": "1\n"})
    api.commit("dev", {"old name": None, "new\tname": "1\n" * 20, "x/y": "2\n"})
    api.commit("dev", {"b": "2\n"})
    api.commit("main", {"hotfix": "1\n"})
    clone = forge.shop / api.path
    git(clone, "fetch", "origin")
    git(clone, "checkout", "--detach", "origin/main")
    git(clone, "merge", "--no-ff", "-m", "Release\n\nBody [skip ci]", "origin/dev")
    pushed = open_clone(forge, api).pushed(git(clone, "rev-parse", "HEAD"))
    assert sorted(pushed.paths) == ["b", "new\tname", "old name", "x/y"]
    assert pushed.message.strip() == "Release\n\nBody [skip ci]"
    assert pushed.commits == 3


def test_a_commit_that_is_not_here_is_an_error(forge: Forge) -> None:
    """So is one without a parent."""
    api = forge.add("api")
    repository = open_clone(forge, api)
    for commit in ("1" * 40, git(forge.shop / api.path, "rev-list", "--max-parents=0", "HEAD")):
        with pytest.raises(GitError):
            repository.pushed(commit)


def test_the_files_of_a_folder_are_read_together(forge: Forge) -> None:
    """Not those of folders in it; a folder that is missing is empty."""
    files = {"f/a b.yml": "1\n\n", "f/c": "", "f/same": "1\n\n", "f/g/c": "2", "d": "3"}
    api = forge.add("api", files=files)
    repository, tip = open_clone(forge, api), api.tip("main")
    assert repository.files(tip, "f") == {
        path: text for path, text in files.items() if path.startswith("f/") and "g" not in path
    }
    assert repository.files(tip, "g") == {}


def test_nothing_is_behind_a_commit_that_is_not_here(forge: Forge) -> None:
    """That is an error, whatever else is asked."""
    api = forge.add("api")
    with pytest.raises(GitError):
        open_clone(forge, api).behind("1" * 40, [api.tip("main")])
