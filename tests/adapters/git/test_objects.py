"""Making objects: no commit can make multigit write files where the commit's author wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, open_clone, sides
from tests.support.fastimport import Stamp, commit, run, text_file
from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import as_bytes


def test_a_path_that_leaves_the_repository_stops_the_merge(forge: Forge, tmp_path: Path) -> None:
    """No .gitattributes file of a commit is written outside the scratch folder."""
    repo = forge.add("evil", stages=())
    victim = tmp_path / "victim"
    victim.mkdir()
    stamp = Stamp("E <e@example.org>", 1)
    base = commit("refs/heads/base", 1, stamp=stamp, message="m", parents=[], changes={})
    run(repo.bare, base, [1])
    blob = repo.remote_git("hash-object", "-w", "--stdin", input="* merge=union\n")
    tree = repo.remote_git("mktree", input=f"100644 blob {blob}\t.gitattributes\n")
    for number in range(3):
        name = ("victim", "..", "..")[number]
        tree = _raw_tree(repo, name, tree)
    start = repo.remote_git("rev-parse", "base")
    evil = repo.remote_git("commit-tree", "-m", "evil", "-p", start, tree)
    stream = commit(
        "refs/heads/dev",
        1,
        stamp=stamp,
        message="m",
        parents=[start],
        changes={b"a": text_file("1")},
    )
    run(repo.bare, stream, [1])
    repo.remote_git("update-ref", "refs/heads/main", evil)
    repository = open_clone(forge, repo)
    ours, theirs = sides(repository)
    with pytest.raises(GitError, match="unsafe path"):
        repository.merge(ours, theirs, SIGNATURE)
    assert list(victim.iterdir()) == []


def _raw_tree(repo: ForgeRepo, name: str, tree: str) -> str:
    """Make a tree with one folder of a name that git itself would refuse."""
    content = b"40000 " + as_bytes(name) + b"\0" + bytes.fromhex(tree)
    command = ("hash-object", "-t", "tree", "--literally", "-w", "--stdin")
    return repo.remote_git(*command, input=content)
