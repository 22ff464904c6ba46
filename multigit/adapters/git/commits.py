"""Commits of a range, and those among them that wait to be promoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.revert_messages import REAPPLIES, ROLLS_BACK
from multigit.core.values.commits import SUBJECTS, Commit, PendingCommits, Tip

_REAPPLIED, _RESTORED = (
    f"%(trailers:key={key},valueonly,separator=%x20)" for key in (REAPPLIES, ROLLS_BACK)
)
_COMMIT_FORMAT = f"%m%x00%H%x00%T%x00%P%x00%ct%x00%an%x00{_REAPPLIED}%x00{_RESTORED}%x00%s"


class Listed(NamedTuple):
    """A commit that a tip has and a base lacks (`own`), or one of the base that they build on.

    It brings back what the commits `reapplied` had rolled back, or rolls back itself to what it
    `restored`.
    """

    own: bool
    tip: Tip
    parents: tuple[str, ...]
    commit: Commit
    reapplied: tuple[str, ...] = ()
    restored: str = ""

    @property
    def sha(self) -> str:
        """Return the commit's id."""
        return self.tip.sha

    @property
    def counts(self) -> bool:
        """True if it is one of the tip's and not a merge."""
        return self.own and not self.parents[1:]

    @property
    def is_work(self) -> bool:
        """True if it counts, and does not only revert work or bring it back."""
        return self.counts and not (self.reapplied or self.restored)


def list_commits(door: GitDoor, *range_: str) -> list[Listed]:
    """Return the commits of a range, newest first, and those outside it that they build on."""
    done = door.run(
        *("rev-list", "--boundary", "--no-commit-header", f"--format={_COMMIT_FORMAT}"), *range_
    )
    listed = []
    for line in filter(None, done.text.split("\n")):
        mark, sha, tree, parents, time, author, reapplied, restored, subject = line.split("\0", 8)
        commit, tip = Commit(sha, int(time), author, subject), Tip(sha, tree)
        more = commit, tuple(reapplied.split()), restored
        listed.append(Listed(mark != "-", tip, tuple(parents.split()), *more))
    return listed


def waiting_of(listed: Sequence[Listed], lacking: Sequence[Listed]) -> PendingCommits:
    """Return what waits: of the `listed` commits those that are `lacking`, newest first."""
    own = {each.sha for each in listed if each.own}
    returning = [each for each in lacking if {*each.reapplied} - own]
    roll_backs = (sha for each in returning for sha in each.reapplied if sha not in own)
    return PendingCommits(
        commits=len(lacking),
        newest=lacking[0].commit if lacking else None,
        forks=tuple(commit.tip for commit in listed if not commit.own),
        subjects=tuple(each.commit.subject for each in lacking[:SUBJECTS]),
        returning=len(returning),
        roll_backs=tuple(dict.fromkeys(roll_backs)),
    )
