"""What the remotes say of pushes that were begun and whose end nobody noted."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Story
from multigit.core.progress.standing import Standing, state_of


def landed(story: Story, standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the repositories whose push was begun and, as is seen now, has arrived."""
    return tuple(
        repo.repo
        for repo in story.plan.repos
        if repo.repo in story.flights
        and repo.repo in standings
        and state_of(repo, standings[repo.repo]) is State.PUBLISHED
    )
