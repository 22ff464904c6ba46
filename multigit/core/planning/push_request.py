"""What a push was asked to do, and which changes it commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from multigit.core.planning import checks
from multigit.core.planning.dangers import matches
from multigit.core.planning.routes import Hop, message_required, requires_message
from multigit.core.values.push_rules import PushRules
from multigit.core.values.start_time import StartTime
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Repo, Stage


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What a push was asked to do; `promotion` is the merge that follows it, if any.

    The message is empty if it is asked for once the plan was shown. `allow` are files that may be
    committed although they look like secrets or are large. The plan records what the `later` stages
    have at that time.
    """

    command: ClassVar[str] = "push"

    stage: Stage
    message: str
    start_time: StartTime
    repos: tuple[Repo, ...]
    promotion: Hop | None = None
    allow: tuple[str, ...] = ()
    verify: bool = True
    skip_blocked: bool = False
    accept_reverts: bool = False
    wait: bool = True
    later: tuple[Stage, ...] = ()

    def stages(self) -> tuple[Stage, ...]:
        """Return the pushed stage and the one that it is promoted to, if any."""
        return (self.stage, self.promotion.target) if self.promotion else (self.stage,)

    def moving(self) -> tuple[Stage, ...]:
        """Return the stages that may move."""
        return self.stages()

    def moved(self) -> tuple[str, ...]:
        """Return the branches that may move."""
        return tuple(stage.branch for stage in self.moving())

    @property
    def source(self) -> Stage | None:
        """Return the source of the promotion, if any."""
        return self.stage if self.promotion else None

    @property
    def target(self) -> Stage:
        """Return the last stage that may move."""
        return self.stages()[-1]

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Return the route of the promotion: one hop, or none."""
        return (self.promotion,) if self.promotion else ()

    @property
    def strict(self) -> Stage | None:
        """Return the stage that requires a message, if any."""
        return strict_stage(self.stage, self.promotion.target if self.promotion else None)

    @property
    def tag_template(self) -> str:
        """Return the template of the promotion's tag, or empty."""
        return self.promotion.target.tag if self.promotion else ""

    @property
    def checklist(self) -> tuple[str, ...]:
        """Return the checklist of the promotion, if any."""
        return self.promotion.target.checklist if self.promotion else ()


def push_message(stage: Stage, message: str | None, *, asked_later: bool = False) -> str:
    """Return the message of the commits, empty if it is `asked_later`.

    Raises UsageError if the stage requires one.
    """
    if message is not None:
        checks.check_message(message)
        return message
    if asked_later:
        return ""
    if stage.require_message:
        raise message_required(stage)
    return f"{stage.name}: auto commit and deploy"


def strict_stage(stage: Stage, target: Stage | None) -> Stage | None:
    """Return the stage that requires a message: the target of the promotion, or the pushed one."""
    if target and requires_message(stage, target):
        return target
    return stage if stage.require_message else None


def to_commit(work: WorkTree | None, stage: Stage, rules: PushRules) -> tuple[Change, ...]:
    """Return the changes that a push commits: on the stage's branch, without ignored files."""
    if work is None or work.branch != stage.branch:
        return ()
    return tuple(change for change in work.changes if not matches(change.path, rules.ignore))
