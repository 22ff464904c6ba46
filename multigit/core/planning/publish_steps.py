"""The steps after everything is made: the push, local branches that follow it, deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from multigit.core.values.deploy_config import HealthCheck, Runner


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref of the remote, and the value that it must still have; empty: it must not exist."""

    ref: str
    before: str


@dataclass(frozen=True, slots=True)
class PushStep:
    """Publish these refs in one atomic push, each with a lease on the value that it must have."""

    updates: tuple[RefUpdate, ...]
    type: Literal["push"] = "push"


@dataclass(frozen=True, slots=True)
class FastForwardStep:
    """Fast-forward the local branch, unless it is checked out in the work tree `checked_out`."""

    branch: str
    checked_out: str = ""
    type: Literal["fast_forward"] = "fast_forward"


@dataclass(frozen=True, slots=True)
class MoveBackStep:
    """Move the local branch back with the restored remote one, if it is still at `before`."""

    branch: str
    before: str
    after: str
    type: Literal["move_back"] = "move_back"


@dataclass(frozen=True, slots=True)
class DeployStep:
    """Deploy what the push published to one target, or `sha` if nothing is pushed.

    `branch` is the stage's; `tag` is empty if the release has none. `attempt` counts from 1.
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
