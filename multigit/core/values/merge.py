"""A merge made in the object database, and the work that would be lost with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from multigit.core.values.commits import Commit, PendingCommits, Tip
from multigit.core.values.git_answers import Merged


class Evidence(StrEnum):
    """How it is known that a commit reverts work."""

    NAMED = "named"  # its message says so
    CONTENT = "content"  # only its content does: it may be intended


@dataclass(frozen=True, slots=True)
class Skip:
    """A change of a stage's line that is left out: a commit, or what it did to some `paths`."""

    commit: str
    paths: tuple[str, ...] = ()


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

    On the later stage's line it came with the commit `step`, which did nothing in the paths `back`
    but to revert work, did something else in the paths `rest`, and both, or perhaps both, in the
    paths `mixed`. Without it these `exposed` changes would count again: older roll-backs, and what
    an earlier commit had rolled back of the same work. `besides` are commits of the later stage
    itself that it reverted, too. `time` is its commit date in Unix seconds. It is `undone` if a
    later roll-back undid it, so that nothing is lost: it only has to be left out together with
    that one.
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
    step: str = ""
    back: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    exposed: tuple[Skip, ...] = ()
    besides: tuple[Commit, ...] = ()
    time: int = 0
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """The tree of a later stage without some changes of its line.

    Empty if the commit `stuck` cannot be kept without them: it `conflicts` in these paths, and in
    these `places` of its version: a path, the first and the last line. `own` are the paths that the
    stage's own commits changed, of which an earlier stage knows nothing.
    """

    tree: str = ""
    stuck: Commit | None = None
    conflicts: tuple[str, ...] = ()
    places: tuple[tuple[str, int, int], ...] = ()
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fold:
    """The later stage with the work that was rolled back there, for a merge to build on.

    `tip` is a commit on top of the later stage, whose tree is that of the stage without these
    `skips`; None if the commit `stuck` conflicts with that, as in `Folded`. It `reverts` these
    commits, and so brings back so many `commits`, as far as these were named. In the paths `strays`
    the merge would differ from the earlier stage, and no commit of the later one says why. In a
    promotion, which goes `forward`, it replaces the target, else the source. It is published
    `alone` if the earlier stage has nothing else.
    """

    skips: tuple[Skip, ...]
    reverts: tuple[str, ...] = ()
    commits: int = 0
    message: str = ""
    tip: Tip | None = None
    stuck: Commit | None = None
    conflicts: tuple[str, ...] = ()
    places: tuple[tuple[str, int, int], ...] = ()
    strays: tuple[str, ...] = ()
    forward: bool = True
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge made in the object database: `theirs` into `ours`, as `git merge --no-ff` does it.

    `waiting` is what it brings. `reversals` are the commits through which work would be lost: own
    commits of the later stage that revert work of the earlier one. With a `fold`, the later one of
    the two sides is taken as it would be without its roll-backs. `message` is the merge commit's,
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
    fold: Fold | None = None

    @property
    def blocked(self) -> bool:
        """True when a person has to resolve it."""
        stuck = self.fold is not None and (self.fold.tip is None or bool(self.fold.strays))
        return self.result.conflicted or self.result.unrelated or stuck

    @property
    def held(self) -> bool:
        """True when all that it would bring is what was rolled back before."""
        fold = self.fold if self.fold and self.fold.forward and not self.blocked else None
        tip = fold.tip if fold else None
        return tip is not None and not self.result.commit and self.result.tree == tip.tree

    @property
    def nothing(self) -> bool:
        """True when the result is the content that `ours` already has."""
        return not self.blocked and self.result.tree == self.ours.tree

    def sides(self, *, forward: bool) -> tuple[Tip, Tip]:
        """Return the earlier and the later stage; `forward` is True for a promotion."""
        return (self.theirs, self.ours) if forward else (self.ours, self.theirs)
