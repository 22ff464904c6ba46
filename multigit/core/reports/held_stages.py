"""Held stages, as the status shows them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from multigit.core.progress.shared import Shared
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Stage
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class Holding:
    """The holds on stages. `problems` says of which stages it is unknown whether they are held.

    `counts` has how many commits are held back, by stage and repository. While an operation is
    unfinished here, the workspace is `busy`: no other command may release one.
    """

    holds: tuple[Hold, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    busy: bool = False

    def count(self, repo: str, stage: str) -> int:
        """Return how many commits of a repository are held back on a stage."""
        return self.counts.get(stage, {}).get(repo, 0)

    def documents(self) -> list[dict[str, Any]]:
        """Return the holds for scripts."""
        return [{**hold.document(), "local": hold.local} for hold in self.holds]


NOTHING_HELD = Holding()


def holding_of(
    shared: Shared, counts: Mapping[str, Mapping[str, int]], *, told: bool = False
) -> Holding:
    """Return what is known of held stages.

    It says why that is only what was fetched last, unless a row of the status has `told` so.
    """
    stale = [] if told or not shared.stale else [shared.stale]
    refs = shared.stages.items()
    unreadable = [ref.unreadable(stage) for stage, ref in refs if not ref.readable]
    return Holding(tuple(shared.holds().values()), (*stale, *unreadable), counts)


def hold_hint(
    holds: Sequence[Hold], pairs: Sequence[tuple[Stage, Stage]], restored: Container[str] = ()
) -> str:
    """Return how to release the first of these holds, or nothing.

    To stages in `restored` nothing waits somewhere but what was restored there: it has to be asked
    for as well.
    """
    for hold in holds:
        for source, target in pairs:
            if target.name == hold.stage:
                message = ' -m "what comes"' if target.require_message else ""
                pair = f"{source.name} {target.name}{message}"
                forward = " --roll-forward" if target.name in restored else ""
                return Hint.PROMOTE_HELD.format(pair=pair, forward=forward)
        return Hint.DEPLOY_HELD.format(stage=hold.stage)
    return ""
