"""How often a merge is blocked for a false roll-back, and how often a real one is found.

`python -m tests.adapters.git.test_false_alarms 300` runs that many histories of each kind and
prints the counts. With FRESH_SEEDS=NUMBER, the histories are new ones.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.merge import Reversal
from tests.adapters.git.clones import open_folder
from tests.adapters.git.test_merge_histories import tips
from tests.support.gitenv import git, init
from tests.support.releases import Releases, build_releases
from tests.support.seeds import seeds

SMALL = 10


def store(folder: Path) -> tuple[Path, GitRepository]:
    """Create the repository that holds the objects of all histories."""
    git_dir = init(folder)
    git(folder, "remote", "add", "origin", ".")
    return git_dir, open_folder(folder)


def found(repository: GitRepository, bare: Path, history: Releases) -> tuple[Reversal, ...]:
    """Return the reversals that both a promotion and a back-merge would report."""
    earlier, later = tips(bare, history.earlier, history.later)
    up = repository.merge(later, earlier, None)
    down = repository.merge(earlier, later, None)
    seen = repository.reversals(earlier, later, up.tree)
    assert {each.sha for each in seen} == {
        each.sha for each in repository.reversals(earlier, later, down.tree)
    }, history
    return seen


def measured(count: int, folder: Path) -> Iterator[tuple[str, Releases, tuple[Reversal, ...]]]:
    """Yield each history with its kind and what was found in it."""
    bare, repository = store(folder)
    for sort, returning in (("ordinary", False), ("returning", True)):
        for history in build_releases(seeds(0, count), bare, returning=returning):
            kind = "returning" if history.returned else "ordinary"
            if kind == sort:
                yield sort, history, found(repository, bare, history)


def test_ordinary_histories_give_no_alarm(tmp_path: Path) -> None:
    """Only paths that returned are ever named, and many real returns are found."""
    sorts = Counter[str]()
    alarmed = 0
    for sort, history, seen in measured(SMALL, tmp_path / "store"):
        sorts[sort] += 1
        named = {path for each in seen for path in each.paths}
        assert named <= history.returned, history
        alarmed += bool(seen)
    assert sorts["ordinary"] >= SMALL
    assert alarmed > SMALL // 4


def main(count: int) -> None:
    """Print how many histories of each kind raised an alarm."""
    played, alarmed, wrong = Counter[str](), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        for sort, history, seen in measured(count, Path(folder) / "store"):
            played[sort] += 1
            alarmed[sort] += bool(seen)
            wrong += bool({path for each in seen for path in each.paths} - history.returned)
    print(f"ordinary merges: {played['ordinary']}, false alarms: {alarmed['ordinary']}")
    print(f"merges after a return: {played['returning']}, alarms: {alarmed['returning']}")
    print(f"of these naming a path that did not return: {wrong}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
