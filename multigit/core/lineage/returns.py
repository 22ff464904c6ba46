"""Which commits of a later stage's line take back work of an earlier one, by what they hold.

An own commit takes work back where it returns a path to what that was before work was brought
there. So does a merge, where what it merged did not ask for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from multigit.core.lineage.line import (
    ABSENT,
    Event,
    Step,
    by_path,
    events_at,
    threads_of,
    was_before_work,
)
from multigit.core.values.merge import Evidence, Reversal


def returned(line: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """Return the commits of the line that take work back, with the paths that returned.

    `line` is in its order, oldest first. What a later commit brought forward again does not count,
    nor does a hotfix that takes back another hotfix: that is no work of the earlier stage. Of
    merges that bring work, too, these are paths that may have returned since the work says so.
    A deleted file with work in it counts, whatever it was before: all of that work goes. One that
    was moved is still the same file, with the content that it has there.
    """
    by_name = [*by_path(line).values()]
    found = set(chain.from_iterable(map(_taking_back, by_name)))
    for step in line:  # what is elsewhere now is not gone, unless it is back where it was
        found -= {
            (step.sha, old) for new, old in step.moves.items() if (step.sha, new) not in found
        }
    threads = threads_of(line)
    found |= set(chain.from_iterable(map(_taking_back, threads)))
    found -= set(chain.from_iterable(map(_brought_forward, threads)))
    by_sha: dict[str, tuple[str, ...]] = {}
    for sha, path in sorted(found):
        by_sha[sha] = (*by_sha.get(sha, ()), path)
    return by_sha


def rewritten(line: Sequence[Step], sha: str) -> tuple[str, ...]:
    """Return the paths that one own commit changed after work was brought there.

    For a commit that says that it is a revert: there its content need not be an earlier one, since
    more may have changed. Not those that only returned to before another own commit.
    """
    found = []
    for path, events in by_path(line).items():
        for place, event in enumerate(events):
            older = events[:place]
            if event.step.sha != sha or not any(each.step.brings for each in older):
                continue
            if not any(each.before == event.after for each in older):
                found.append(path)
    return tuple(sorted(found))


def forward_again(line: Sequence[Step], path: str, sha: str) -> bool:
    """Tell whether the line brought a path forward again that one of its commits had put back."""
    events, place = events_at(line, path, sha)
    if place < len(events) and _forward_again(events, place):
        return True
    return any((sha, path) in _brought_forward(thread) for thread in threads_of(line))


def dropped(
    among: Iterable[str],
    step: Step,
    offered: Mapping[str, tuple[str, str]],
    lacking: Mapping[str, tuple[str, str]],
) -> tuple[str, ...]:
    """Return the paths of which a merge took nothing, though only its other side had changed them.

    `offered` is what the other side changed since both parted, `lacking` what the other side has
    and the merge has not: content there, content here. What the merge put to another path, as when
    a folder was renamed, is not dropped.
    """
    placed = {after for _, after in step.changes.values()}
    return tuple(
        sorted(
            path
            for path in among
            if path in offered
            and path not in step.changes
            and lacking.get(path) == offered[path][::-1]
            and (offered[path][1] == ABSENT or offered[path][1] not in placed)
        )
    )


def joined(parts: Sequence[Reversal]) -> Reversal:
    """Return as one all that was found of one commit: by ids, by content, and in what it dropped.

    Where that is more than the commits that its message names, they are not counted.
    """
    first, *more = parts
    if not more:
        return first
    named = any(each.kind is Evidence.NAMED for each in parts)
    return replace(
        first,
        lost=0,
        kind=Evidence.NAMED if named else Evidence.CONTENT,
        paths=tuple(sorted({path for each in parts for path in each.paths})),
        deletes=all(each.deletes for each in parts),
        slight=False,
        kept=tuple(kept for each in parts for kept in each.kept),
        accepted=next((each.accepted for each in parts if each.accepted), ""),
    )


def _taking_back(events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """Yield the commits, with the path, that put a file back to before work was brought to it."""
    taken = set[str]()  # what own commits went back to since work was brought
    for place, event in enumerate(events):
        if event.step.brings:
            taken.clear()
        if (event.step.brings and not event.step.tips) or event.before == event.after:
            continue
        if _forward_again(events, place):
            continue
        older = events[:place]
        if event.after not in taken and (
            was_before_work(older, event.after) or _has_no_work_left(older, event.after)
        ):
            taken.add(event.after)
            yield event.step.sha, event.path


def _brought_forward(events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """Yield the commits, with the path, after which a file had its content of before again."""
    for place, event in enumerate(events):
        if event.before != event.after and _forward_again(events, place):
            yield event.step.sha, event.path


def _forward_again(events: Sequence[Event], place: int) -> bool:
    return any(later.after == events[place].before for later in events[place + 1 :])


def _has_no_work_left(older: Sequence[Event], content: str) -> bool:
    """Tell whether a path to which work was brought, after the very first commit, was deleted."""
    return content == ABSENT and any(each.step.brings and each.step.parents for each in older)
