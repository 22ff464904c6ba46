"""The steps of a plan: plain data, where each class knows everything about its kind.

A new class goes into a union at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.making import (
    DeleteTagStep,
    Making,
    Moving,
    RestoreStep,
    UndoingStep,
)
from multigit.core.planning.move import Move
from multigit.core.planning.publish_steps import (
    DeployStep,
    FollowingStep,
    PushStep,
    RefUpdate,
)
from multigit.core.planning.pull_steps import PullingStep
from multigit.core.values.commits import PendingCommits
from multigit.core.values.merge import Merge
from multigit.core.values.refs import Objects, Refs, tag_ref
from multigit.core.values.work_tree import Change


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


@dataclass(frozen=True, slots=True)
class RollBackStep(Moving):
    """Restore the files of the commit `to` on `branch`, in one commit on top of `before`.

    `commit` is in the object database since planning, as a merge is; its tree is `tree`. `lost` is
    what the stage no longer has after that.
    """

    stage: str
    branch: str
    before: str
    to: str
    tree: str
    commit: str
    message: str
    lost: PendingCommits
    files: int = 0
    type: Literal["rollback"] = "rollback"

    def move(self) -> Move:
        """Return the facts about its move."""
        return Move(
            stage=self.stage,
            goal=self.commit,
            lease=self.before,
            own=False,
            words=f"restore {self.to[:7]}",
            into="on",
            before=self.before[:7],
            after=self.commit[:7],
            leaves=self.lost.commits,
            files=self.files,
            brings=self.lost,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return the step for scripts."""
        after = made.get(self.ref, self.commit)
        return back_document("restore", self.branch, self.before, after, self.to, self.lost)


@dataclass(frozen=True, slots=True)
class RedeployStep:
    """What the deployments of a repository do that go back to the commit `to`: no branch moves.

    The stage had `before` when it was planned, and its branch `tip`, with the deploy tag `tag`,
    which is not to go out again by accident. `lost` is what the stage no longer has after that.
    """

    stage: str
    branch: str
    before: str
    to: str
    tip: str
    lost: PendingCommits
    files: int = 0
    tag: str = ""
    type: Literal["redeploy"] = "redeploy"

    def document(self) -> dict[str, Any]:
        """Return the step for scripts."""
        return back_document("redeploy", self.branch, self.before, self.to, self.to, self.lost)


def back_document(
    how: str, branch: str, before: str, after: str, to: str, lost: PendingCommits
) -> dict[str, Any]:
    """Return a roll-back for scripts."""
    move = {"branch": branch, "before": before, "after": after, "to": to}
    return {"type": "rollback", "how": how, **move, "commits": lost.commits}


def reapplied(merge: Merge) -> dict[str, Any] | None:
    """Return for scripts what a merge brings back: the commit that does, and what it reverts."""
    fold = merge.fold
    if fold is None or fold.tip is None:
        return None
    return {"sha": fold.tip.sha, "reverts": list(fold.reverts), "commits": fold.commits}


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

    def undo(self, wrote: str, before: str) -> tuple[UndoingStep, ...]:  # noqa: ARG002
        """Return the steps that undo this one."""
        return (DeleteTagStep(self.name, wrote),)


MovingStep = CommitStep | AdvanceStep | MergeStep | ReapplyStep | RollBackStep | RestoreStep
MakingStep = MovingStep | TagStep | DeleteTagStep  # made in engine/prepare.py
Step = MakingStep | PushStep | FollowingStep | RedeployStep | DeployStep | PullingStep
AlsoStep = TagStep | DeleteTagStep | DeployStep
# In the documents that scripts read.
ReportedStep = MovingStep | RedeployStep | DeleteTagStep | PullingStep


def pushing(making: tuple[MakingStep, ...], refs: Refs) -> tuple[PushStep, ...]:
    """Return the one push of what these steps make, with leases on `refs`; () if there are none."""
    updates: dict[str, RefUpdate] = {}
    for step in making:
        updates.setdefault(step.ref, RefUpdate(step.ref, step.lease(refs)))
    return (PushStep(tuple(updates.values())),) if updates else ()
