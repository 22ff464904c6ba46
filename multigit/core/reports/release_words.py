"""Releases as a person picks one to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from multigit.core.records.releases import Release, Releases
from multigit.core.values.deployment import RunState
from multigit.core.values.duration import age
from multigit.core.values.mark import Quality


def release_cells(
    releases: Releases, release: Release, back: Mapping[str, int], now: datetime
) -> tuple[str, ...]:
    """Return a release in columns: name, when, by whom, what would leave, how it went, message.

    `back` counts, by repository that would change, the commits that the stage would lose.
    """
    when = age(release.time, now)
    return (
        release.name,
        "just now" if when == "now" else f"{when} ago",
        release.who.partition(" <")[0],
        "" if release.name == releases.now else _change(back),
        ", ".join(_ended(release, now=release.name == releases.now)),
        release.message,
    )


def _change(back: Mapping[str, int]) -> str:
    """Return how far the stage would go back; forward, if nothing leaves and something comes."""
    if lost := sum(back.values()):
        return f"{lost} back"
    return "forward" if back else "the same"


def _ended(release: Release, *, now: bool) -> tuple[str, ...]:
    """Return whether the stage has it `now`, and how it went, as far as that is known."""
    facts = ["the stage has it now"] if now else []
    if release.mark:
        facts.append(f"marked {'bad' if release.mark.quality is Quality.BAD else 'good'}")
    if release.is_rollback:
        facts.append("a roll-back")
    elif release.rolled_back:
        facts.append("rolled back")
    state = release.result.state
    if state == RunState.SUCCEEDED:
        facts.append("deployed")  # not "healthy": that may not have been checked
    elif release.result.unhealthy:
        facts.append("unhealthy")
    elif state:
        facts.append(state.replace("_", " "))
    return tuple(facts)
