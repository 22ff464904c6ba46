"""The steps that come once all is made: the one push, local branches that follow, deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from multigit.core.values.deploy_config import HealthCheck, Runner


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
class MoveBackStep:
    """Let the local branch follow a restored one, while it still holds `before`."""

    branch: str
    before: str
    after: str
    type: Literal["move_back"] = "move_back"


@dataclass(frozen=True, slots=True)
class DeployStep:
    """Deploy what the push published, or `sha` where nothing is pushed, to one target.

    `branch` is the stage's; `tag` is empty where the release has none. `attempt` counts from 1.
    """

    also: ClassVar[str] = "deploy"

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


FollowingStep = FastForwardStep | MoveBackStep  # carried out in engine/follow.py
