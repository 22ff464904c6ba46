"""What the remotes say of pushes that were begun and whose end nobody noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from multigit.core.journal import Story
from multigit.core.outcome import Report
from multigit.core.plan import Result, State
from multigit.core.problem import Problem
from multigit.core.resume import as_it_stands
from multigit.core.standing import Standing, state_of
from multigit.hints import Hint

UNDER_WAY = "push_under_way"


def landed(story: Story, standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the repositories whose push was begun and, as is seen now, has arrived."""
    return tuple(
        repo.repo
        for repo in story.plan.repos
        if repo.repo in story.flights
        and repo.repo in standings
        and state_of(repo, standings[repo.repo]) is State.PUBLISHED
    )


def under_way(standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the repositories whose push may still arrive."""
    return tuple(
        repo
        for repo, there in standings.items()
        if there.problem and there.problem.code == UNDER_WAY
    )


def not_yet_known(story: Story, standings: Mapping[str, Standing]) -> Report:
    """Return why an operation cannot be abandoned as it is: nobody knows yet how it stands."""
    stands = as_it_stands(story, standings, "abandoned")
    outcomes = tuple(
        replace(each, problems=(*each.problems, problem))
        if (problem := standings.get(each.repo, Standing()).problem)
        else each
        for each in stands.outcomes
    )
    names = ", ".join(under_way(standings))
    problem = Problem(
        UNDER_WAY,
        f"{story.plan.operation} cannot be abandoned yet: the push of {names} may still arrive. "
        "Nothing was changed.",
        Hint.ABANDON_SOON,
    )
    return Report(story.plan, Result.BLOCKED, outcomes, problems=(problem,))
