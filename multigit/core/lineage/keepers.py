"""Where the work is that a commit of the line took back: who brought it, and who has all of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile

from multigit.core.lineage.line import (
    ABSENT,
    Step,
    events_at,
    last_before_work,
    threads_of,
    was_before_work,
)


def brought(line: Sequence[Step], path: str, before: str) -> Step | None:
    """Return the commit that brought work to a path last, before the commit `before`."""
    events, place = events_at(line, path, before)
    return next((each.step for each in reversed(events[:place]) if each.step.brings), None)


def before_work(line: Sequence[Step], path: str, sha: str) -> str:
    """Return the commit of before the work which a commit took back; empty where none is known."""
    events, place = events_at(line, path, sha)
    found = last_before_work(events[:place], events[place].after) if place < len(events) else None
    return found.step.parents[0] if found and found.step.parents else ""


def before_each_work(line: Sequence[Step], path: str, sha: str) -> tuple[str, ...]:
    """Return the commits of before each time that work was brought to a path, newest first."""
    events, place = events_at(line, path, sha)
    brought = [event.step for event in events[:place] if event.step.brings]
    return tuple(step.parents[0] for step in reversed(brought) if step.parents)


def across_move(line: Sequence[Step], path: str, sha: str) -> tuple[str, str, str] | None:
    """Return what has the work of a path that own commits moved and put back: by its old name.

    That is the commit of before the work, the one that brought it, and the name. None where the
    parent has all of the work by the same name as the commit, or the work came by several names.
    """
    for events in threads_of(line):
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


def was_absent(line: Sequence[Step], path: str, sha: str) -> bool:
    """Tell whether a path that one commit deleted was not there before work was brought to it."""
    events, place = events_at(line, path, sha)
    return was_before_work(events[:place], ABSENT)


def keeper(line: Sequence[Step], path: str, sha: str, told: Collection[str] = ()) -> str:
    """Return the commit that has the work of a path which `sha` took back, other than its parent.

    That is needed where own commits had touched the path before: they may have taken the first half
    of the work back. `told` are those that are known to: each of them brings back its own part.
    Empty where the parent has it.
    """
    events, place = events_at(line, path, sha)
    start = place
    while start and not (events[start - 1].step.brings or events[start - 1].step.sha in told):
        start -= 1
    if start in (0, place) or place == len(events):
        return ""
    rest = len([*takewhile(lambda each: not each.step.brings, events[place + 1 :])])
    ends = range(place, place + 1 + rest)
    gone = any(was_before_work(events[:end], events[end].after) for end in ends)
    return events[start - 1].step.sha if gone else ""


def undone(line: Sequence[Step], path: str, sha: str) -> tuple[Step, ...]:
    """Return the own commits that had put a path back before, if only `sha` brought that forward.

    Newest first. As when the files of an old release come back over those of a newer one: where
    the newer work is brought back, what they took goes again, and has to come back, too.
    """
    events, place = events_at(line, path, sha)
    found = []
    for at, event in enumerate(events[:place]):
        again = [each.step.sha for each in events[at + 1 : place + 1] if each.after == event.before]
        if not event.step.brings and again == [sha] and was_before_work(events[:at], event.after):
            found.append(event.step)
    return tuple(reversed(found))
