"""A hold on a stage that was rolled back: what its branch has must not go out by accident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeldRepo:
    """One repository of a held stage.

    It is deployed at the commit `to`; `bad` is the tip of the branch, which must not go out.
    """

    to: str
    bad: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing new is deployed to a stage, who decided that, and since when, in UTC.

    The `operation` rolled the stage back to `release`; `bad` is the release that it had before, or
    empty. A hold is `local` if only this workspace knows of it.
    """

    stage: str
    operation: str
    release: str
    bad: str
    who: str
    host: str
    since: str
    why: str
    repos: Mapping[str, HeldRepo] = field(default_factory=dict)
    local: bool = False
