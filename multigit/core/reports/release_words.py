"""Releases as a person picks one to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from multigit.core.records.releases import Release, Releases
from multigit.core.values.deployment import RunState
from multigit.core.values.duration import age
from multigit.core.values.mark import Quality
from multigit.core.values.text import plural


def release_line(
    releases: Releases, release: Release, back: Mapping[str, int], now: datetime
) -> str:
    """Return a release in one line: when, by whom, how it went, and what would wait behind it.

    `back` counts, by repository, the commits that the stage would lose.
    """
    when = age(release.time, now)
    who = f" by {release.who.partition(' <')[0]}" if release.who else ""
    commits, repos = sum(back.values()), sum(1 for count in back.values() if count)
    waits = f"{plural(commits, 'commit')} in {plural(repos, 'repository')} would wait"
    if release.name == releases.now:
        waits = "the stage has it now"
    facts = (f"{'just now' if when == 'now' else f'{when} ago'}{who}", *_ended(release), waits)
    return f"{release.name} · {', '.join(facts)}"


def _ended(release: Release) -> tuple[str, ...]:
    """Return how it went, as far as that is known."""
    facts = []
    if release.mark:
        facts.append(f"marked {'bad' if release.mark.quality is Quality.BAD else 'good'}")
    if release.is_rollback:
        facts.append(f"a roll-back{f' to {release.back_to}' if release.back_to else ''}")
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
