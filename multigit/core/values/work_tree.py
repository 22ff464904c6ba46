"""The user's files: what is changed, what would be overwritten, and what would be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from multigit.core.values.problem import Problem


@dataclass(frozen=True, slots=True)
class Change:
    """A changed file of the work tree; `kind` is untracked, added, modified or deleted.

    `size` is in bytes, 0 if it was not requested. `staged` is True if the index has a change of it,
    too. A submodule moves from commit `before` to `commit`, or, if it `follows` a repository of the
    workspace, to the commit that the same operation makes there for `ref`.
    """

    path: str
    kind: str
    size: int = 0
    staged: bool = False
    before: str = ""
    commit: str = ""
    follows: str = ""
    ref: str = ""

    def document(self) -> dict[str, Any]:
        """Return the file as scripts read it; for a submodule, also where its pointer moves."""
        file = {"path": self.path, "change": self.kind}
        if not self.before and not self.commit:
            return file
        pointer = {"before": self.before or None, "after": self.commit or None}
        return {**file, "submodule": {**pointer, "repo": self.follows or None}}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A path that is added or changed by commits that the remote lacks.

    `size` is in bytes, that of its largest version; `pointer` is True for a submodule.
    """

    path: str
    size: int = 0
    pointer: bool = False


@dataclass(frozen=True, slots=True)
class Submodule:
    """A registered submodule with its own clone: `recorded` in HEAD, `now` checked out.

    `remote` is where it is published, empty if that is ambiguous. `behind` is True if `now` lacks
    what is recorded, `on_remote` if a branch there is known to have what is published.
    `changed_files` counts what is not committed in it. With an `error` it could not be read, and
    nothing else is known about it.
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
        """Return the commit to which its superproject points when that is pushed."""
        return self.recorded if self.behind else self.now


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The checked-out side: `branch` is empty for a detached HEAD, `head` for an unborn branch.

    `unfinished` names a merge, rebase, cherry-pick, revert or bisect in progress; `ahead` and
    `behind` count a stage's branch against the remote one, any other against its upstream, and are
    None if that does not exist.
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
        """Return whether tracked files differ from HEAD, not counting submodules."""
        return any(each.kind != "untracked" and not each.commit for each in self.changes)

    @property
    def changed(self) -> int:
        """Return how many paths differ from HEAD, including submodules with changed files."""
        paths = {change.path for change in self.changes} | set(self.conflicted)
        return len(paths | {each.path for each in self.submodules if each.changed_files})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A file of the user's that a checkout would overwrite: untracked or ignored.

    With a `mark` it is tracked and changed, but git was told to ignore that: "assume-unchanged" or
    "skip-worktree".
    """

    path: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What an export of a commit lacks: submodules, and content that only a filter can restore.

    For `pointers`, the export holds only the pointer.
    """

    submodules: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
