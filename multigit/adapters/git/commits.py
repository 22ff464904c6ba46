"""Commits of a range, and those among them that wait to be promoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from multigit.adapters.git.process import GitDoor
from multigit.core.values.commits import SUBJECTS, Commit, PendingCommits, Tip

_COMMIT_FORMAT = "%m%x00%H%x00%T%x00%P%x00%ct%x00%an%x00%s"


class Listed(NamedTuple):
    """A commit that a tip has and a base lacks (`own`), or one of the base that they build on."""

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
        """True if it is one of the tip's and not a merge."""
        return self.own and not self.parents[1:]


def list_commits(door: GitDoor, *range_: str) -> list[Listed]:
    """Return the commits of a range, newest first, and those outside it that they build on."""
    done = door.run(
        *("rev-list", "--boundary", "--no-commit-header", f"--format={_COMMIT_FORMAT}"), *range_
    )
    listed = []
    for line in filter(None, done.text.split("\n")):
        mark, sha, tree, parents, time, author, subject = line.split("\0", 6)
        commit = Commit(sha, int(time), author, subject)
        listed.append(Listed(mark != "-", Tip(sha, tree), tuple(parents.split()), commit))
    return listed


def waiting_of(listed: Sequence[Listed], lacking: Sequence[Listed]) -> PendingCommits:
    """Return what waits: of the `listed` commits those that are `lacking`, newest first."""
    return PendingCommits(
        commits=len(lacking),
        newest=lacking[0].commit if lacking else None,
        forks=tuple(commit.tip for commit in listed if not commit.own),
        subjects=tuple(each.commit.subject for each in lacking[:SUBJECTS]),
    )
