"""What a roll-back was asked to do, and the commits that it has to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from multigit.core.planning.overrides import (
    NOTHING_OVERRIDDEN,
    Override,
)
from multigit.core.planning.taking_part import stage_in
from multigit.core.records.releases import Release
from multigit.core.values.hold import Hold
from multigit.core.values.mark import Mark
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.errors import UsageError


class How(StrEnum):
    """How a repository goes back."""

    REDEPLOY = "redeploy"  # its old commit is deployed again, and no branch moves
    RESTORE = "restore"  # a new commit on top of the branch has the old files


def how_named(name: str | None) -> How | None:
    """Return the way of that name; raises UsageError if there is none."""
    if name is None or name in set(How):
        return How(name) if name else None
    ways = ", ".join(How)
    raise UsageError(f"{name!r} is not a way to roll back.", hint=f"Pass one of: {ways}.")


@dataclass(frozen=True, slots=True)
class RollBackRequest:
    """What a roll-back was asked to do: to bring a stage back to a release.

    `now` is the release that it has, or empty. `how` is None for the way that suits each
    repository. `settled` are the repositories whose last deployment there is known to have
    succeeded, `since` those that later releases touched. `tags` has the newest deploy tag at each
    commit, by repository; `held` is the hold that the stage has already. `why` is the person's
    reason, or empty; with `after`, it answers the failure of that operation.
    """

    stage: Stage
    start_time: StartTime
    repos: tuple[Repo, ...]
    release: Release
    now: str = ""
    how: How | None = None
    why: str = ""
    after: str = ""
    settled: frozenset[str] = frozenset()
    since: frozenset[str] = frozenset()
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    held: Hold | None = None
    override: Override = NOTHING_OVERRIDDEN
    marks: Mapping[str, Mark | None] | None = None
    skip_blocked: bool = False
    wait: bool = True

    @property
    def message(self) -> str:
        """Return the message of the commits and tags that it makes."""
        head = f"Roll back {self.stage.name} to {self.release.name}"
        return f"{head}\n\n{self.why}" if self.why else head

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it with the stage as a repository has it, or why that one is left out."""
        stage = stage_in(self.stage, workspace, repo)
        return stage if isinstance(stage, Problem) else replace(self, stage=stage)


@dataclass(frozen=True, slots=True)
class Restore:
    """A commit to make: on top of `tip`, with the tree of an older one."""

    tip: str
    tree: str
    message: str
