"""The steps of a plan: plain data, each class with all that is to be known of its kind.

A step does nothing itself; the engine carries it out. What planning, tables, documents and `undo`
ask of a step that moves a branch stands in its `move`. A new class joins a union at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from multigit.core.planning.move import Move
from multigit.core.planning.publish_steps import (
    DeployStep,
    FollowingStep,
    MoveBackStep,
    PushStep,
    RefUpdate,
)
from multigit.core.planning.pull_steps import PullingStep
from multigit.core.values.commits import PendingCommits
from multigit.core.values.merge import Merge
from multigit.core.values.refs import Objects, Refs, branch_ref, tag_ref
from multigit.core.values.work_tree import Change


class Making(ABC):
    """A step that makes the object at which one ref shall point; a push publishes it."""

    __slots__ = ()

    takes_back: ClassVar[bool] = False  # what another operation published

    @property
    @abstractmethod
    def ref(self) -> str:
        """Return the full name of the ref."""

    @abstractmethod
    def lease(self, refs: Refs) -> str:
        """Return what the ref must still hold when it is pushed; empty: it must not exist.

        `refs` are those that were seen while planning.
        """

    @abstractmethod
    def taken_back(self, wrote: str, before: str) -> tuple[Step, ...]:
        """Return the steps of an undo, for a ref that held `before` until this wrote `wrote`."""


class Moving(Making):
    """A step that moves a branch: people and scripts are told about it."""

    __slots__ = ()

    branch: str

    @abstractmethod
    def move(self) -> Move:
        """Return what is to be known of it."""

    @abstractmethod
    def document(self, made: Objects) -> dict[str, Any]:
        """Return what scripts read of it, with what was made for its ref by now."""

    @property
    def ref(self) -> str:
        """Return the full name of the branch's ref."""
        return branch_ref(self.branch)

    def lease(self, refs: Refs) -> str:
        """Return what the branch must still hold when it is pushed; empty: it must not exist."""
        lease, remote = self.move().lease, refs.branch(self.branch).remote
        return (remote.sha if remote else "") if lease is None else lease

    def taken_back(self, wrote: str, before: str) -> tuple[Step, ...]:
        """Return the steps of an undo; the local branch goes back, too, but for own commits."""
        if self.takes_back:
            return ()  # an undo is not undone
        restored = RestoreStep(self.move().stage, self.branch, wrote, before)
        follow = MoveBackStep(self.branch, wrote, before)
        return (restored,) if self.move().own else (restored, follow)


@dataclass(frozen=True, slots=True)
class CommitStep(Moving):
    """Commit these files of the work tree on the checked-out branch, whose tip is `parent`.

    `commit` is the id that the commit gets when no hook and no signature changes it.
    """

    stage: str
    branch: str
    parent: str
    commit: str
    message: str
    changes: tuple[Change, ...]
    verify: bool = True
    type: Literal["commit"] = "commit"

    def move(self) -> Move:
        """Return what is to be known of it."""
        return Move(
            stage=self.stage,
            goal=self.commit,
            lease=None,
            own=True,
            words="commit, push",
            before=self.parent[:7],
            after="a commit",
            commits=1,
            files=len(self.changes),
            subject=self.message,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return what scripts read of it."""
        return {
            "type": self.type,
            "branch": self.branch,
            "before": self.parent,
            "after": made.get(self.ref) or self.commit or None,
            "files": [change.document() for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class AdvanceStep(Moving):
    """Let the remote branch take over the local commits from `before` (empty: new) to `after`."""

    stage: str
    branch: str
    before: str
    after: str
    waiting: PendingCommits
    type: Literal["advance"] = "advance"

    def move(self) -> Move:
        """Return what is to be known of it."""
        return Move(
            stage=self.stage,
            goal=self.after,
            lease=self.before,
            own=True,
            words="push",
            before=self.before[:7] or "new",
            after=self.after[:7],
            commits=self.waiting.commits,
            brings=self.waiting,
        )

    def document(self, made: Objects) -> dict[str, Any]:  # noqa: ARG002
        """Return what scripts read of it."""
        return {
            "type": self.type,
            "branch": self.branch,
            "before": self.before or None,
            "after": self.after,
            "commits": self.waiting.commits,
        }


@dataclass(frozen=True, slots=True)
class MergeStep(Moving):
    """Make a merge the tip of `branch`; it is one of `source_branch`.

    Its commit lies in the object database since planning; the step checks it, and makes it again
    when it is gone or when what is merged became another commit through a hook.
    """

    merge: Merge
    source_branch: str
    branch: str
    type: Literal["merge"] = "merge"

    def move(self) -> Move:
        """Return what is to be known of it."""
        merge = self.merge
        return Move(
            stage=merge.target,
            goal=merge.result.commit,
            lease=merge.ours.sha,
            own=False,
            words="merge",
            into="into",
            before=merge.ours.sha[:7],
            after=merge.result.commit[:7],
            commits=merge.waiting.commits,
            files=merge.result.files,
            brings=merge.waiting,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return what scripts read of it."""
        merge = self.merge
        return {
            "type": self.type,
            "source": merge.source,
            "target": merge.target,
            "branch": self.branch,
            "source_sha": merge.theirs.sha,
            "before": merge.ours.sha,
            "after": made.get(self.ref, merge.result.commit),
            "commits": merge.waiting.commits,
            "files": merge.result.files,
        }


@dataclass(frozen=True, slots=True)
class RestoreStep(Moving):
    """Set a branch that an operation moved back from `before` to `after`; empty: it was new."""

    takes_back: ClassVar[bool] = True

    stage: str
    branch: str
    before: str
    after: str
    type: Literal["restore"] = "restore"

    def move(self) -> Move:
        """Return what is to be known of it."""
        return Move(
            stage=self.stage,
            goal=self.after,
            lease=self.before,
            own=False,
            words="set back",
            before=self.before[:7],
            after=self.after[:7] or "gone",
        )

    def document(self, made: Objects) -> dict[str, Any]:  # noqa: ARG002
        """Return what scripts read of it."""
        return {
            "type": self.type,
            "branch": self.branch,
            "before": self.before,
            "after": self.after or None,
        }


@dataclass(frozen=True, slots=True)
class TagStep(Making):
    """Make the annotated tag object `name` for the commit that `branch` shall point at."""

    also: ClassVar[str] = "tag"  # what people read beside what is done to the branch

    name: str
    branch: str
    message: str
    type: Literal["tag"] = "tag"

    @property
    def ref(self) -> str:
        """Return the full name of the tag."""
        return tag_ref(self.name)

    def lease(self, refs: Refs) -> str:  # noqa: ARG002
        """Return that no such tag may exist."""
        return ""

    def taken_back(self, wrote: str, before: str) -> tuple[Step, ...]:  # noqa: ARG002
        """Return the steps of an undo."""
        return (DeleteTagStep(self.name, wrote),)


@dataclass(frozen=True, slots=True)
class DeleteTagStep(Making):
    """Delete the deploy tag that an operation made, whose object is `before`."""

    also: ClassVar[str] = "delete tag"
    takes_back: ClassVar[bool] = True

    name: str
    before: str
    type: Literal["delete_tag"] = "delete_tag"

    @property
    def ref(self) -> str:
        """Return the full name of the tag."""
        return tag_ref(self.name)

    def lease(self, refs: Refs) -> str:  # noqa: ARG002
        """Return the tag's object."""
        return self.before

    def taken_back(self, wrote: str, before: str) -> tuple[Step, ...]:  # noqa: ARG002
        """Return nothing: an undo is not undone."""
        return ()


MovingStep = CommitStep | AdvanceStep | MergeStep | RestoreStep
MakingStep = MovingStep | TagStep | DeleteTagStep  # made in engine/prepare.py
Step = MakingStep | PushStep | FollowingStep | DeployStep | PullingStep
AlsoStep = TagStep | DeleteTagStep | DeployStep
ReportedStep = MovingStep | DeleteTagStep | PullingStep  # in the documents that scripts read


def pushing(making: tuple[MakingStep, ...], refs: Refs) -> tuple[PushStep, ...]:
    """Return the one push of what these steps make, as the remote was seen; () of nothing."""
    updates: dict[str, RefUpdate] = {}
    for step in making:
        updates.setdefault(step.ref, RefUpdate(step.ref, step.lease(refs)))
    return (PushStep(tuple(updates.values())),) if updates else ()
