"""Where the work is that a commit of the line reverted: what brought it, and what still has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

from multigit.core.lineage.line import (
    ABSENT,
    LineCommit,
    PathEvent,
    events_at,
    last_before_work,
    was_before_work,
)


def last_work(line: Sequence[LineCommit], path: str, before: str) -> LineCommit | None:
    """Return the last commit that brought work to a path before the commit `before`."""
    events, place = events_at(line, path, before)
    return next((each.step for each in reversed(events[:place]) if each.step.brings), None)


def before_work(line: Sequence[LineCommit], path: str, sha: str) -> str:
    """Return the commit from before the work that a commit reverted; empty if none is known."""
    events, place = events_at(line, path, sha)
    found = last_before_work(events[:place], events[place].after) if place < len(events) else None
    return found.step.parents[0] if found and found.step.parents else ""


def before_each_work(line: Sequence[LineCommit], path: str, sha: str) -> tuple[str, ...]:
    """Return the commits from before each time that work was brought to a path, newest first."""
    events, place = events_at(line, path, sha)
    bringing = [event.step for event in events[:place] if event.step.brings]
    return tuple(step.parents[0] for step in reversed(bringing) if step.parents)


def across_move(
    threads: Iterable[Sequence[PathEvent]], path: str, sha: str
) -> tuple[str, str, str] | None:
    """Return what has the work on a path that own commits moved and reverted, by its old name.

    That is the commit from before the work, the one that brought it, and the name. None if the
    parent has all of the work under the same name as the commit, or the work has several names.
    `threads` are what happened to the files that were moved, under all of their names.
    """
    for events in threads:
        for place, event in enumerate(events):
            if event.step.sha != sha or event.path != path:
                continue
            start = place
            while start and not events[start - 1].step.brings:
                start -= 1
            older, own = events[:start], events[start:place]
            if not older or older[-1].path == path:
                return None
            if own and own[-1].path == path and all(each.before == each.after for each in own):
                return None
            first = last_before_work(older, event.after)
            if first and first.step.parents and first.path == older[-1].path:
                return first.step.parents[0], older[-1].step.sha, first.path
    return None


def was_absent(line: Sequence[LineCommit], path: str, sha: str) -> bool:
    """Return whether a path that one commit deleted did not exist before work was brought to it."""
    events, place = events_at(line, path, sha)
    return was_before_work(events[:place], ABSENT)


def keeper(line: Sequence[LineCommit], path: str, sha: str, reported: Collection[str] = ()) -> str:
    """Return the commit that has the work on a path that `sha` reverted, if its parent lacks it.

    Own commits may have touched the path before, and reverted the first half of the work. Those
    that are known to have done so are `reported`: each of them has its own part restored; so are
    those that brought work back. Empty if the parent has the work.
    """
    events, place = events_at(line, path, sha)
    start = place
    while start and not (events[start - 1].step.brings or events[start - 1].step.sha in reported):
        start -= 1
    if start in (0, place) or place == len(events):
        return ""
    rest = len([*takewhile(lambda each: not each.step.brings, events[place + 1 :])])
    ends = range(place, place + 1 + rest)
    gone = any(was_before_work(events[:end], events[end].after) for end in ends)
    return events[start - 1].step.sha if gone else ""


def reverted_before(
    line: Sequence[LineCommit], path: str, sha: str, reapplying: Collection[str] = ()
) -> tuple[LineCommit, ...]:
    """Return the own commits that had reverted work on a path before, if only `sha` restored it.

    Newest first, without those that brought work back. That happens when the files of an old
    release are restored over those of a newer one: to restore the newer work reverts the older work
    again, which has to be restored, too.
    """
    events, place = events_at(line, path, sha)
    reverting = []
    for at, event in enumerate(events[:place]):
        restored = [e.step.sha for e in events[at + 1 : place + 1] if e.after == event.before]
        before_work = was_before_work(events[:at], event.after)
        reverts = not event.step.brings and event.step.sha not in reapplying
        if reverts and restored == [sha] and before_work:
            reverting.append(event.step)
    return tuple(reversed(reverting))
