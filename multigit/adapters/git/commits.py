"""Commits of a range, and what waits of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from multigit.adapters.git.process import GitDoor
from multigit.core.values.commits import SUBJECTS, Commit, Tip, Waiting

_COMMIT_FORMAT = "%m%x00%H%x00%T%x00%P%x00%ct%x00%an%x00%s"


class Listed(NamedTuple):
    """A commit that a tip has and a base lacks (`own`), or one of the base that those build on."""

    own: bool
    tip: Tip
    parents: tuple[str, ...]
    commit: Commit

    @property
    def sha(self) -> str:
        """Return the commit's id."""
        return self.tip.sha

    @property
    def counts(self) -> bool:
        """True when it is one of the tip's, and no merge."""
        return self.own and not self.parents[1:]


def list_commits(door: GitDoor, *range_: str) -> list[Listed]:
    """Return the commits of a range, newest first, and those outside that they build on."""
    done = door.run(
        *("rev-list", "--boundary", "--no-commit-header", f"--format={_COMMIT_FORMAT}"), *range_
    )
    listed = []
    for line in filter(None, done.text.split("\n")):
        mark, sha, tree, parents, time, author, subject = line.split("\0", 6)
        commit = Commit(sha, int(time), author, subject)
        listed.append(Listed(mark != "-", Tip(sha, tree), tuple(parents.split()), commit))
    return listed


def waiting_of(listed: Sequence[Listed], left: Sequence[Listed]) -> Waiting:
    """Return what waits of these commits: `left`, newest first."""
    return Waiting(
        commits=len(left),
        newest=left[0].commit if left else None,
        forks=tuple(each.tip for each in listed if not each.own),
        subjects=tuple(each.commit.subject for each in left[:SUBJECTS]),
    )


def read_waiting(door: GitDoor, base: str, tip: str, remote: str) -> Waiting:
    """Count the commits of `tip` that `base` lacks, merges not counted; name the newest ones."""
    listed = list_commits(
        door, *((tip, f"^{base}") if base else (tip, "--not", f"--remotes={remote}"))
    )
    return waiting_of(listed, [each for each in listed if each.counts])
