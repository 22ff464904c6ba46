"""A merge made in the object database, and the work that would be lost with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import Merged


class Evidence(StrEnum):
    """How it is known that a commit reverts work."""

    NAMED = "named"  # its message says so
    CONTENT = "content"  # only its content does: it may be intended


@dataclass(frozen=True, slots=True)
class Reversal:
    """A commit through which work of the earlier stage would be lost.

    `lost` counts the commits that it names, without merges, and is 0 if it reverts others, too.
    `paths` are the files that it reverts; `deletes` is True if it deleted all of them, `slight` if
    it deleted one file, which was older than the work or not all of it. `kept` says what restores
    the work: from which commit to which, in which files; it is empty if the commit did nothing
    else, so that its parent has all of the work. `moved` are the files among these that now have
    another name on the later stage, with that name. `accepted` is the merge with which a person
    accepted it, or empty.
    """

    sha: str
    subject: str
    lost: int = 0
    kind: Evidence = Evidence.NAMED
    author: str = ""
    paths: tuple[str, ...] = ()
    deletes: bool = False
    slight: bool = False
    is_merge: bool = False
    kept: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge made in the object database: `theirs` into `ours`, as `git merge --no-ff` does it.

    `waiting` is what it brings. `reversals` are the commits through which work would be lost: own
    commits of the later stage that revert work of the earlier one. `message` is the merge commit's,
    which also says what was accepted.
    """

    source: str
    target: str
    ours: Tip
    theirs: Tip
    result: Merged
    message: str = ""
    waiting: PendingCommits = field(default_factory=PendingCommits)
    reversals: tuple[Reversal, ...] = ()

    @property
    def blocked(self) -> bool:
        """True when a person has to resolve it."""
        return self.result.conflicted or self.result.unrelated

    @property
    def nothing(self) -> bool:
        """True when the result is the content that `ours` already has."""
        return not self.blocked and self.result.tree == self.ours.tree
