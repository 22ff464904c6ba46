"""Over random histories, merges equal `git merge --no-ff` in a clean checkout of the target.

A failure names its seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Merged
from tests.adapters.git.clones import SIGNATURE, open_folder
from tests.support.gitenv import git, init
from tests.support.histories import build_many
from tests.support.oracle import Outcome, oracle, unlabelled
from tests.support.seeds import seeds

CHUNKS, CHUNK = 26, 8
ONLY_TOLD = (300, 799, 1338)  # criss-cross histories for which git exits with 0 despite a conflict

HOSTILE = "* merge=union text eol=crlf\n*.log -merge\n*.txt merge=custom\n"


def dirty_checkout(store: Path, commit: str, folder: Path) -> GitRepository:
    """Check out an unrelated commit, and add uncommitted attributes that must have no effect."""
    git_dir = init(folder)
    (git_dir / "objects/info/alternates").write_text(f"{store / 'objects'}\n", encoding="utf-8")
    (git_dir / "HEAD").write_text(f"{commit}\n", encoding="utf-8")
    git(folder, "reset", "--quiet", "--hard")
    for place in ("", "src/", "src/core/", "lib/", "docs/"):
        if (folder / place).exists() or not place:
            (folder / place / ".gitattributes").write_text(HOSTILE, encoding="utf-8")
    (folder / "untracked.txt").touch()
    git(folder, "remote", "add", "origin", ".")
    return open_folder(folder)


def tips(store: Path, *commits: str) -> list[Tip]:
    """Return commits with their trees."""
    trees = git(store, "rev-parse", *(f"{commit}^{{tree}}" for commit in commits)).split()
    return [Tip(commit, tree) for commit, tree in zip(commits, trees, strict=True)]


def as_outcome(merged: Merged, ours: Tip) -> tuple[str | None, frozenset[str]]:
    """Return the tree, or None and the conflicted paths."""
    if merged.conflicted:
        return None, unlabelled(merged.conflicts)
    assert bool(merged.commit) == (merged.tree != ours.tree)
    return merged.tree, frozenset()


def expected(outcome: Outcome) -> tuple[str | None, frozenset[str]]:
    """Return what git itself did, in the same form."""
    return outcome.tree, unlabelled(outcome.conflicts)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_merges_are_gits_own(chunk: int, tmp_path: Path) -> None:
    """This holds in a dirty checkout of another commit with hostile attributes, and with forks."""
    store = init(tmp_path / "store.git", bare=True)
    histories = build_many(seeds(chunk, CHUNK), store)
    folder = tmp_path / "checkout"
    repository = dirty_checkout(store, histories[-1].source_sha, folder)
    status = git(folder, "status", "--porcelain", "-z")
    made: dict[str, tuple[Tip, Tip]] = {}
    for history in histories:
        ours, theirs = tips(store, history.target_sha, history.source_sha)
        outcome = oracle(store, ours.sha, theirs.sha, tmp_path / "oracle")
        merged = repository.merge(ours, theirs, SIGNATURE)
        if outcome.only_told:
            assert merged.conflicted, history
            assert not merged.commit
            continue
        assert as_outcome(merged, ours) == expected(outcome), history
        forks = repository.waiting(ours.sha, theirs.sha).forks
        looked = repository.merge(ours, theirs, None, forks)
        assert looked == replace(merged, commit="", files=0), history
        made[merged.commit] = ours, theirs
    made.pop("", None)
    assert parents(folder, made) == {sha: [o.sha, t.sha] for sha, (o, t) in made.items()}
    assert git(folder, "status", "--porcelain", "-z") == status


def test_a_conflict_that_git_only_mentions_is_a_conflict(tmp_path: Path) -> None:
    """Git exits with 0, leaves markers and mentions the conflict only in a message."""
    store = init(tmp_path / "store.git", bare=True)
    histories = build_many(ONLY_TOLD, store, "criss-cross")
    repository = dirty_checkout(store, histories[-1].source_sha, tmp_path / "checkout")
    for history in histories:
        ours, theirs = tips(store, history.target_sha, history.source_sha)
        assert oracle(store, ours.sha, theirs.sha, tmp_path / "oracle").only_told, history
        merged = repository.merge(ours, theirs, SIGNATURE)
        assert (merged.conflicted, merged.commit) == (True, "")
        assert merged.conflicts


def parents(folder: Path, commits: Iterable[str]) -> dict[str, list[str]]:
    """Return the parents of each commit."""
    rows = git(folder, "rev-list", "--no-walk", "--parents", "--stdin", input="\n".join(commits))
    return {row.split()[0]: row.split()[1:] for row in rows.splitlines()}
