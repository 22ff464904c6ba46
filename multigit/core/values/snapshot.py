"""What was seen in one repository: refs, previews of merges, the work tree. Facts, no verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from multigit.core.values.problem import Problem


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as people name it; `time` is its commit date in Unix seconds."""

    sha: str
    time: int
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a branch stands, and the tree it stands for."""

    sha: str
    tree: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch on the remote and in the clone.

    `checked_out` is the path of the work tree that has it, `vanished` tells that no folder is there
    any more; `ahead` and `behind` count the local side against the remote one where that is the
    branch's upstream, and are 0 where it is not.
    """

    remote: Tip | None = None
    local: Tip | None = None
    checked_out: str = ""
    ahead: int = 0
    behind: int = 0
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the remote; `time` is the tagger's date in Unix seconds, `commit` what it names."""

    name: str
    time: int
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Refs:
    """The stages' branches by branch name, and the deploy tags."""

    branches: Mapping[str, Branch] = field(default_factory=lambda: MappingProxyType({}))
    tags: tuple[Tag, ...] = ()

    def branch(self, name: str) -> Branch:
        """Return the branch, with neither side when it exists nowhere."""
        return self.branches.get(name, Branch())


@dataclass(frozen=True, slots=True)
class Detour:
    """A push that goes `to` another repository than the `wanted` one; both can be shown.

    What is wanted is what is fetched, or what the configuration `named`. The remote may have a push
    URL of its `own`; else git rewrites it. `nowhere` tells that it is no place at all: a word that
    keeps people from pushing by mistake.
    """

    to: str
    wanted: str
    named: bool = False
    own: bool = True
    nowhere: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clone and the user's configuration say about publishing from it.

    `identity` is the committer as "Name <email>", or empty when none is configured; `credentials`
    tells that a password or token stands in a URL of the remote, `plain_url` is that
    URL without it where it is the remote's only one, `follow_tags` that the user's own pushes
    take tags along, `signs_commits`, `signs_tags` and `signs_pushes` what is to be signed, `mirror`
    that git pushes all refs to this remote or none, `pre_push` that there is such a hook, whether
    multigit runs it or not. `push_url_in` and `mirror_in` are the files that say so, empty for the
    clone's own configuration.
    """

    shallow: bool = False
    push_urls: int = 1
    identity: str = ""
    credentials: bool = False
    plain_url: str = ""
    follow_tags: bool = False
    signs_commits: bool = False
    signs_tags: bool = False
    signs_pushes: bool = False
    detour: Detour | None = None
    mirror: bool = False
    pre_push: bool = False
    push_url_in: str = ""
    mirror_in: str = ""


SUBJECTS = 10  # of what waits are kept, for those who are told of it


@dataclass(frozen=True, slots=True)
class Waiting:
    """Commits that one side has and the other lacks, merges not counted; the newest of them.

    `subjects` are those of the newest ones, `SUBJECTS` at most, newest first; `forks` the commits
    of the other side that these build on: where the histories part.
    """

    commits: int = 0
    newest: Commit | None = None
    forks: tuple[Tip, ...] = ()
    subjects: tuple[str, ...] = ()


class Evidence(StrEnum):
    """How it is known that a commit takes work back."""

    NAMED = "named"  # its message says so
    CONTENT = "content"  # only what it did says so: it may be meant


@dataclass(frozen=True, slots=True)
class Reversal:
    """A commit through which work of the earlier stage would be lost.

    `lost` counts the commits that it names (merges not counted), 0 where it takes back others, too;
    `paths` are the files that it takes back, `deletes` tells that it deleted all of them, and
    `slight` that it deleted one file, which was older than the work or not all of it. `kept` says
    what brings the work back: from which commit to which, in which files; nothing where the commit
    did nothing else, so that its parent has all of it. `moved` are the files among these that have
    another name on the later stage now, with it.
    `accepted` is the merge with which a person let it pass, or empty.
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

    `commit` is empty when the content of `ours` already is the result (nothing to do) and when
    the sides cannot be merged: then they are `conflicted` (in `conflicts`, where git names paths)
    or `unrelated`. `reversals` are the commits through which work would be lost on the way: of
    the later stage's own, those that take back work which the earlier stage has. `message` is the
    merge commit's, which also says what was accepted.
    """

    source: str
    target: str
    ours: Tip
    theirs: Tip
    message: str = ""
    commit: str = ""
    tree: str = ""
    files: int = 0
    waiting: Waiting = Waiting()
    conflicted: bool = False
    conflicts: tuple[str, ...] = ()
    unrelated: bool = False
    reversals: tuple[Reversal, ...] = ()

    @property
    def blocked(self) -> bool:
        """True when a person has to resolve it."""
        return self.conflicted or self.unrelated

    @property
    def nothing(self) -> bool:
        """True when the content of `ours` already is the result."""
        return not self.blocked and self.tree == self.ours.tree


@dataclass(frozen=True, slots=True)
class Change:
    """A changed file of the work tree; `kind` is untracked, added, modified or deleted.

    `size` is in bytes, 0 where nobody asked for it. `staged` is True when the index holds a
    change of it, too. A submodule moves from commit `before` to `commit`; where it `follows` a
    repository of the workspace, to the commit that the same operation makes there.
    """

    path: str
    kind: str
    size: int = 0
    staged: bool = False
    before: str = ""
    commit: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A path that commits add or change which the remote does not have.

    `size` is in bytes, that of its largest version; `pointer` tells that it is a submodule.
    """

    path: str
    size: int = 0
    pointer: bool = False


@dataclass(frozen=True, slots=True)
class Submodule:
    """A registered submodule with its own clone: `recorded` in HEAD, `now` checked out.

    `remote` is where it is published, empty where that is not clear. `behind` tells that
    `now` lacks what is recorded, `on_remote` that a branch there is known to have what goes out.
    `changed_files` counts what is not committed in it. With an `error` it could not be read, and
    nothing else of it is known.
    """

    path: str
    recorded: str
    now: str
    branch: str = ""
    remote: str = ""
    on_remote: bool = True
    behind: bool = False
    changed_files: int = 0
    error: Problem | None = None

    @property
    def goes_out(self) -> str:
        """Return the commit at which its superproject points when that is pushed."""
        return self.recorded if self.behind else self.now


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The checked-out side: `branch` is empty for a detached HEAD, `head` for an unborn branch.

    `unfinished` names a merge, rebase, cherry-pick, revert or bisect under way; `ahead` and
    `behind` count a stage's branch against the remote one, any other against its upstream, and are
    None where that does not exist.
    """

    branch: str = ""
    head: str = ""
    ahead: int | None = None
    behind: int | None = None
    changes: tuple[Change, ...] = ()
    unfinished: str = ""
    conflicted: tuple[str, ...] = ()
    submodules: tuple[Submodule, ...] = ()

    @property
    def edited(self) -> bool:
        """Tell whether files that git knows differ from HEAD; submodules are none."""
        return any(each.kind != "untracked" and not each.commit for each in self.changes)

    @property
    def changed(self) -> int:
        """Return how many paths differ from HEAD, or hold something that does."""
        paths = {change.path for change in self.changes} | set(self.conflicted)
        return len(paths | {each.path for each in self.submodules if each.changed_files})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A file of the user's that a checkout would overwrite: untracked or ignored.

    With a `mark` it is tracked and changed, and git was told not to look: "assume-unchanged" or
    "skip-worktree".
    """

    path: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not in an export of a commit: submodules, and what only a filter could bring back.

    Of `pointers` the export holds the pointer.
    """

    submodules: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """The commit that a push would make of the work tree, built beside the user's index."""

    sha: str
    tree: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was read of one repository for one request; `error` when it could not be read.

    What a command does not need is left at its default. `merges` are previews on the way to
    production, `debts` those on the way back; `ahead` and `behind` count the local branch of the
    command's stage against the remote one, merges included; `stale` says why nothing was fetched.
    `carried` is, by path, the filter of what would be pushed and is not in the commits.
    It `follows` its submodules that the same push publishes. `pointers` are the submodules of a
    branch that is not checked out and would be pushed. `outgoing` is what the commits bring that
    would be pushed; `published` are the paths that the remote has already, where what goes out
    looks like a secret.
    """

    repo: str
    error: Problem | None = None
    missing: bool = False
    stale: Problem | None = None
    facts: Facts = Facts()
    refs: Refs = Refs()
    work: WorkTree | None = None
    merges: tuple[Merge, ...] = ()
    debts: tuple[Merge, ...] = ()
    ahead: int = 0
    behind: int = 0
    unpushed: Waiting = Waiting()
    commit: PreparedCommit | None = None
    obstacles: tuple[Obstacle, ...] = ()
    carried: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    follows: tuple[str, ...] = ()
    pointers: tuple[Submodule, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    published: frozenset[str] = frozenset()
