"""What a record of the deployment log says about a roll-back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from multigit.core.planning.plan import RepoPlan
from multigit.core.planning.steps import RollBackStep
from multigit.core.progress.holds import leaves_held, reached_in
from multigit.core.progress.outcome import Report

REDEPLOY, RESTORE = "redeploy", "restore"  # how a repository went back


@dataclass(frozen=True, slots=True)
class RollBackRecord:
    """A roll-back as a whole: the release that it went back `to`, and the `bad` one before it.

    `why` is the person's reason, or empty; with `after`, it answers the failure of that operation.
    `held` says whether it left the stage held, `commits` how many the stage lost where it went
    back.
    """

    to: str = ""
    bad: str = ""
    why: str = ""
    after: str = ""
    held: bool = False
    commits: int = 0

    @classmethod
    def of(cls, report: Report) -> Self | None:
        """Return what the log keeps of a roll-back; None of any other operation."""
        plan = report.plan
        if plan.rolls_back is None:
            return None
        reached = reached_in(report)
        back = plan.rolls_back
        steps = [step for repo in plan.repos if repo.repo in reached if (step := repo.goes_back)]
        held, commits = leaves_held(report), sum(step.lost.commits for step in steps)
        return cls(back.to, back.bad, back.why, back.after, held=held, commits=commits)


@dataclass(frozen=True, slots=True)
class WayRecord:
    """How one repository went back, or was to.

    `how` is redeploy (of the commit `to`) or restore (of its files); `commits` is how many the
    stage loses there, `files` how many change. It is `held` if its branch has more than that.
    """

    how: str = ""
    to: str = ""
    commits: int = 0
    files: int = 0
    held: bool = False

    @classmethod
    def of(cls, plan: RepoPlan) -> Self | None:
        """Return what the log keeps of a repository's way back; None if it has none."""
        step = plan.goes_back
        if step is None:
            return None
        if isinstance(step, RollBackStep):
            return cls(RESTORE, step.to, step.lost.commits, step.files)
        held = step.to != step.tip
        return cls(REDEPLOY, step.to, step.lost.commits, step.files, held=held)
