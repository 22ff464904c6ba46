"""The steps of a plan: each with all that planning, showing, undoing and telling ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from multigit.core.values.commits import Tip, Waiting
from multigit.core.values.deploy_spec import HealthCheck, Runner
from multigit.core.values.work_tree import Change


@dataclass(frozen=True, slots=True)
class CommitStep:
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


@dataclass(frozen=True, slots=True)
class AdvanceStep:
    """Let the remote branch take over the local commits from `before` (empty: new) to `after`."""

    stage: str
    branch: str
    before: str
    after: str
    waiting: Waiting
    type: Literal["advance"] = "advance"


@dataclass(frozen=True, slots=True)
class MergeStep:
    """Merge `theirs` (of stage `source`) into `ours` (of stage `target`) as `commit`.

    The commit lies in the object database since planning; the step checks it, and makes it anew
    when it is gone or when `theirs` became another commit through a hook.
    """

    source: str
    target: str
    source_branch: str
    branch: str
    ours: Tip
    theirs: Tip
    commit: str
    tree: str
    message: str
    files: int
    waiting: Waiting
    type: Literal["merge"] = "merge"


@dataclass(frozen=True, slots=True)
class TagStep:
    """Make the annotated tag object `name` for the commit that `branch` shall point at."""

    name: str
    branch: str
    message: str
    type: Literal["tag"] = "tag"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref of the remote and the value that it must still hold; empty: it must not exist."""

    ref: str
    before: str


@dataclass(frozen=True, slots=True)
class PushStep:
    """Publish these refs in one atomic push, each with a lease on what it must still hold."""

    updates: tuple[RefUpdate, ...]
    type: Literal["push"] = "push"


@dataclass(frozen=True, slots=True)
class FastForwardStep:
    """Let the local branch follow, unless `checked_out` names a work tree that has it."""

    branch: str
    checked_out: str = ""
    type: Literal["fast_forward"] = "fast_forward"


@dataclass(frozen=True, slots=True)
class CloneStep:
    """Clone the missing repository and check the stage's branch out."""

    url: str
    branch: str
    type: Literal["clone"] = "clone"


@dataclass(frozen=True, slots=True)
class CreateBranchStep:
    """Create the local branch from the remote one, with that as its upstream."""

    branch: str
    after: str
    type: Literal["create_branch"] = "create_branch"


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """Fast-forward the local branch; with `checked_out` the files of the clean work tree, too."""

    branch: str
    before: str
    after: str
    commits: int
    checked_out: bool
    type: Literal["update"] = "update"


@dataclass(frozen=True, slots=True)
class SwitchStep:
    """Check the branch out in the clean work tree."""

    branch: str
    type: Literal["switch"] = "switch"


@dataclass(frozen=True, slots=True)
class RestoreStep:
    """Set a branch that an operation moved back from `before` to `after`; empty: it was new."""

    stage: str
    branch: str
    before: str
    after: str
    type: Literal["restore"] = "restore"


@dataclass(frozen=True, slots=True)
class MoveBackStep:
    """Let the local branch follow a restored one, while it still holds `before`."""

    branch: str
    before: str
    after: str
    type: Literal["move_back"] = "move_back"


@dataclass(frozen=True, slots=True)
class DeleteTagStep:
    """Delete the deploy tag that an operation made, whose object is `before`."""

    name: str
    before: str
    type: Literal["delete_tag"] = "delete_tag"


@dataclass(frozen=True, slots=True)
class DeployStep:
    """Deploy what the push published, or `sha` where nothing is pushed, to one target.

    `branch` is the stage's; `tag` is empty where the release has none. `attempt` counts from 1.
    """

    stage: str
    environment: str
    branch: str
    target: str
    runner: Runner
    timeout: float
    health: HealthCheck | None = None
    sha: str = ""
    tag: str = ""
    attempt: int = 1
    type: Literal["deploy"] = "deploy"


PublishingStep = CommitStep | AdvanceStep | MergeStep | TagStep | PushStep | FastForwardStep


UndoingStep = RestoreStep | MoveBackStep | DeleteTagStep


PullingStep = CloneStep | CreateBranchStep | UpdateStep | SwitchStep


MovingStep = CommitStep | AdvanceStep | MergeStep | RestoreStep


Step = PublishingStep | PullingStep | UndoingStep | DeployStep


def stage_of(step: MovingStep) -> str:
    """Return the stage whose branch a step moves; the branch where a journal tells no stage."""
    return (step.target if isinstance(step, MergeStep) else step.stage) or step.branch
