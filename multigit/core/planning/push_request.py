"""What a push was asked to do, and which changes it commits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from multigit.core.planning import checks
from multigit.core.planning.dangers import matches
from multigit.core.planning.routes import Hop, message_required, route_in
from multigit.core.planning.taking_part import stage_in
from multigit.core.values.problem import Problem
from multigit.core.values.push_rules import PushRules
from multigit.core.values.start_time import StartTime
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Repo, Stage, Workspace


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
    roll_forward: bool = False
    wait: bool = True
    later: tuple[Stage, ...] = ()

    def stages(self) -> tuple[Stage, ...]:
        """Return the pushed stage and the one that it is promoted to, if any."""
        return (self.stage, self.promotion.target) if self.promotion else (self.stage,)

    def moving(self) -> tuple[Stage, ...]:
        """Return the stages that may move."""
        return self.stages()

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it as one repository carries it out, or why that one is left out.

        Without the promotion that follows, nothing is pushed either.
        """
        route = route_in(self.hops, workspace, repo) if self.hops else ()
        if isinstance(route, Problem):
            return route
        stage = route[0].source if route else stage_in(self.stage, workspace, repo)
        if isinstance(stage, Problem):
            return stage
        promotion = route[0] if route else None
        later = workspace.stages_of(repo, self.later)
        return replace(self, stage=stage, promotion=promotion, later=later)

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
    def release_stage(self) -> Stage | None:
        """Return the stage that gets a release, if any: not where the merge goes down."""
        return self.promotion.target if self.promotion and self.promotion.forward else None

    @property
    def strict(self) -> Stage | None:
        """Return the stage that requires a message, if any."""
        return strict_stage(self.stage, self.release_stage)

    @property
    def tag_template(self) -> str:
        """Return the template of the release's tag, or empty."""
        return self.release_stage.tag if self.release_stage else ""

    @property
    def checklist(self) -> tuple[str, ...]:
        """Return the checklist of the release, if any."""
        return self.release_stage.checklist if self.release_stage else ()


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
    if target and target.require_message:
        return target
    return stage if stage.require_message else None


def to_commit(work: WorkTree | None, stage: Stage, rules: PushRules) -> tuple[Change, ...]:
    """Return the changes that a push commits: on the stage's branch, without ignored files."""
    if work is None or work.branch != stage.branch:
        return ()
    return tuple(change for change in work.changes if not matches(change.path, rules.ignore))
