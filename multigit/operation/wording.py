"""The message of a plan that was made without one, because a person gives it at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.values.listener import ShowActivity
from multigit.core.values.workspace import Stage
from multigit.engine.rewording import reworded
from multigit.errors import MultigitError

if TYPE_CHECKING:
    from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class Wording:
    """The stage that requires the message, and what returns a plan with it."""

    stage: Stage
    reword: Callable[[Plan, str], Plan]


def wording(session: Session, strict: Stage | None, message: str) -> Wording | None:
    """Return how a plan gets the message that its strict stage requires; None if it has one."""
    return None if message or strict is None else Wording(strict, partial(_reworded, session))


def _reworded(session: Session, plan: Plan, message: str) -> Plan:
    """Return the plan with this message, and its merges made again with it.

    Raises MultigitError with the first repository where that is not possible.
    """

    def work(repo: RepoPlan, _: ShowActivity) -> RepoPlan:
        repository = session.git.repository(session.workspace.repo(repo.repo))
        return reworded(repository, repo, message, plan.date)

    planned = {repo.repo: repo for repo in plan.planned()}
    with session.fleet() as fleet:
        done = fleet.for_each(planned, work, phase="Merging", doing="writing the message")
    for repo, error in done.errors.items():
        raise MultigitError(f"{repo}: {error.message}", hint=error.hint, code=error.code)
    repos = tuple(done.results.get(repo.repo, repo) for repo in plan.repos)
    return replace(plan, message=message, repos=repos)
