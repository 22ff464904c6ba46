"""The steps of a plan: plain data, where each class knows everything about its kind.

A step does nothing itself; the engine carries it out. `move` of a step that moves a branch has what
planning, tables, documents and `undo` need. A new class goes into a union at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from multigit.core.lineage.revert_messages import accepting
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
    """A step that makes the object that one ref is to point at; a push publishes it."""

    __slots__ = ()

    is_undo: ClassVar[bool] = False  # it undoes what another operation published

    @property
    @abstractmethod
    def ref(self) -> str:
        """Return the full name of the ref."""

    @abstractmethod
    def lease(self, refs: Refs) -> str:
        """Return what the ref must still hold when it is pushed; empty: it must not exist.

        `refs` are those seen while planning.
        """

    @abstractmethod
    def undo(self, wrote: str, before: str) -> tuple[Step, ...]:
        """Return the steps that undo this one, which changed the ref from `before` to `wrote`."""


class Moving(Making):
    """A step that moves a branch of the remote, and is reported."""

    __slots__ = ()

    branch: str
    type: str

    @abstractmethod
    def move(self) -> Move:
        """Return the facts about its move."""

    @abstractmethod
    def document(self, made: Objects) -> dict[str, Any]:
        """Return the step for scripts; `made` are the objects made so far, by ref."""

    @property
    def ref(self) -> str:
        """Return the full name of the branch's ref."""
        return branch_ref(self.branch)

    def _document(self, before: str, after: str, **more: Any) -> dict[str, Any]:
        move = {"before": before or None, "after": after or None}
        return {"type": self.type, "branch": self.branch, **move, **more}

    def lease(self, refs: Refs) -> str:
        """Return what the branch must still hold, as planned or else as seen."""
        lease, remote = self.move().lease, refs.branch(self.branch).remote
        return (remote.sha if remote else "") if lease is None else lease

    def undo(self, wrote: str, before: str) -> tuple[Step, ...]:
        """Return the steps of an undo; the local branch moves back, too, but keeps own commits."""
        if self.is_undo:
            return ()  # an undo is not undone
        restored = RestoreStep(self.move().stage, self.branch, wrote, before)
        follow = MoveBackStep(self.branch, wrote, before)
        return (restored,) if self.move().own else (restored, follow)


@dataclass(frozen=True, slots=True)
class CommitStep(Moving):
    """Commit these files of the work tree on the checked-out branch, whose tip is `parent`.

    `commit` is the id that the commit will have if no hook or signature changes it.
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
        """Return the facts about its move."""
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
        """Return the step for scripts."""
        after, files = made.get(self.ref) or self.commit, [each.document() for each in self.changes]
        return self._document(self.parent, after, files=files)


@dataclass(frozen=True, slots=True)
class AdvanceStep(Moving):
    """Publish the local commits: move the remote branch from `before` (empty: new) to `after`."""

    stage: str
    branch: str
    before: str
    after: str
    waiting: PendingCommits
    type: Literal["advance"] = "advance"

    def move(self) -> Move:
        """Return the facts about its move."""
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
        """Return the step for scripts."""
        return self._document(self.before, self.after, commits=self.waiting.commits)


@dataclass(frozen=True, slots=True)
class MergeStep(Moving):
    """Merge `source_branch` into `branch`.

    The commit is in the object database since planning. The step checks it, and makes it again if
    it is gone or if a hook changed the commit that is merged.
    """

    merge: Merge
    source_branch: str
    branch: str
    type: Literal["merge"] = "merge"

    @property
    def worded(self) -> bool:
        """Return whether its message is known; without one, the commit is still to be made."""
        return bool(accepting(self.merge.message))

    def move(self) -> Move:
        """Return the facts about its move."""
        merge, back = self.merge, self.merge.fold
        return Move(
            stage=merge.target,
            goal=merge.result.commit,
            lease=merge.ours.sha,
            own=False,
            words="reapply, merge" if back else "merge",
            into="into",
            before=merge.ours.sha[:7],
            after=merge.result.commit[:7] if self.worded else "a merge",
            commits=merge.waiting.commits + (back.commits if back else 0),
            files=merge.result.files,
            brings=merge.waiting,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return the step for scripts."""
        merge = self.merge
        return {
            "type": self.type,
            "source": merge.source,
            "target": merge.target,
            "branch": self.branch,
            "source_sha": merge.theirs.sha,
            "before": merge.ours.sha,
            "after": made.get(self.ref, merge.result.commit if self.worded else None),
            "commits": merge.waiting.commits,
            "files": merge.result.files,
            "reapplies": reapplied(merge),
        }


@dataclass(frozen=True, slots=True)
class ReapplyStep(Moving):
    """Publish the commit that brings back what was rolled back on `branch`, without a merge.

    It is in the object database since planning, as a merge is.
    """

    merge: Merge
    branch: str
    type: Literal["reapply"] = "reapply"

    def move(self) -> Move:
        """Return the facts about its move."""
        merge, back = self.merge, self.merge.fold
        return Move(
            stage=merge.target,
            goal=merge.result.commit,
            lease=merge.ours.sha,
            own=False,
            words="reapply",
            into="on",
            before=merge.ours.sha[:7],
            after=merge.result.commit[:7],
            commits=back.commits if back else 0,
            files=merge.result.files,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return the step for scripts."""
        merge = self.merge
        after = made.get(self.ref, merge.result.commit)
        more = {"files": merge.result.files, "reapplies": reapplied(merge)}
        return self._document(merge.ours.sha, after, **more)


def reapplied(merge: Merge) -> dict[str, Any] | None:
    """Return for scripts what a merge brings back: the commit that does, and what it reverts."""
    fold = merge.fold
    if fold is None or fold.tip is None:
        return None
    return {"sha": fold.tip.sha, "reverts": list(fold.reverts), "commits": fold.commits}


@dataclass(frozen=True, slots=True)
class RestoreStep(Moving):
    """Move a branch back from `before` to `after`, where it was; empty: delete it, it was new."""

    is_undo: ClassVar[bool] = True

    stage: str
    branch: str
    before: str
    after: str
    type: Literal["restore"] = "restore"

    def move(self) -> Move:
        """Return the facts about its move."""
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
        """Return the step for scripts."""
        return self._document(self.before, self.after)


@dataclass(frozen=True, slots=True)
class TagStep(Making):
    """Make the annotated tag object `name` for the commit that `branch` is to point at."""

    also: ClassVar[str] = "tag"  # what tables show besides what is done to the branch

    name: str
    branch: str
    message: str
    type: Literal["tag"] = "tag"

    @property
    def ref(self) -> str:
        """Return the full name of the tag's ref."""
        return tag_ref(self.name)

    def lease(self, refs: Refs) -> str:  # noqa: ARG002
        """Return empty: no such tag may exist."""
        return ""

    def undo(self, wrote: str, before: str) -> tuple[Step, ...]:  # noqa: ARG002
        """Return the steps that undo this one."""
        return (DeleteTagStep(self.name, wrote),)


@dataclass(frozen=True, slots=True)
class DeleteTagStep(Making):
    """Delete the deploy tag that an operation made, whose object is `before`."""

    also: ClassVar[str] = "delete tag"
    is_undo: ClassVar[bool] = True

    name: str
    before: str
    type: Literal["delete_tag"] = "delete_tag"

    @property
    def ref(self) -> str:
        """Return the full name of the tag's ref."""
        return tag_ref(self.name)

    def lease(self, refs: Refs) -> str:  # noqa: ARG002
        """Return the tag's object."""
        return self.before

    def undo(self, wrote: str, before: str) -> tuple[Step, ...]:  # noqa: ARG002
        """Return nothing: an undo is not undone."""
        return ()


MovingStep = CommitStep | AdvanceStep | MergeStep | ReapplyStep | RestoreStep
MakingStep = MovingStep | TagStep | DeleteTagStep  # made in engine/prepare.py
Step = MakingStep | PushStep | FollowingStep | DeployStep | PullingStep
AlsoStep = TagStep | DeleteTagStep | DeployStep
ReportedStep = MovingStep | DeleteTagStep | PullingStep  # in the documents that scripts read


def pushing(making: tuple[MakingStep, ...], refs: Refs) -> tuple[PushStep, ...]:
    """Return the one push of what these steps make, with leases on `refs`; () if there are none."""
    updates: dict[str, RefUpdate] = {}
    for step in making:
        updates.setdefault(step.ref, RefUpdate(step.ref, step.lease(refs)))
    return (PushStep(tuple(updates.values())),) if updates else ()
