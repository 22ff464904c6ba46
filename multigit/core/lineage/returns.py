"""Which commits of a later stage's line revert work of an earlier one, judged by content.

An own commit reverts work if it returns a path to what it was before work was brought there. So
does a merge, unless what it merged did the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter

from multigit.core.lineage.line import (
    ABSENT,
    LineCommit,
    PathEvent,
    by_path,
    events_at,
    threads_of,
    was_before_work,
)
from multigit.core.values.merge import Evidence, Reversal


def returned(line: Sequence[LineCommit]) -> dict[str, tuple[str, ...]]:
    """Return the commits of the line that revert work, with the paths that returned.

    `line` is oldest first. What a later commit restored does not count, nor does a hotfix that
    reverts another hotfix: that was not work of the earlier stage. For merges that also bring work,
    these are only candidates: the work itself may have returned the paths. A deleted file with work
    in it counts, whatever it was before, since all of that work is lost. A file that was moved is
    still the same file, with its content at the new path.
    """
    found = set(chain.from_iterable(map(_reverting, by_path(line).values())))
    for step in line:  # what was moved is not gone, unless it returned to before the work
        found -= {
            (step.sha, old) for new, old in step.moves.items() if (step.sha, new) not in found
        }
    threads = threads_of(line)
    found |= set(chain.from_iterable(map(_reverting, threads)))
    found -= set(chain.from_iterable(map(_undone, threads)))
    by_sha = groupby(sorted(found), key=itemgetter(0))
    return {sha: tuple(path for _, path in paths) for sha, paths in by_sha}


def rewritten(line: Sequence[LineCommit], sha: str) -> tuple[str, ...]:
    """Return the paths that one own commit changed after work was brought there.

    For a commit whose message says that it is a revert: its content need not be an earlier one,
    since more may have changed. Not paths that only returned to before another own commit.
    """
    paths = []
    for path, events in by_path(line).items():
        for place, event in enumerate(events):
            older = events[:place]
            if event.step.sha != sha or not any(each.step.brings for each in older):
                continue
            if not any(each.before == event.after for each in older):
                paths.append(path)
    return tuple(sorted(paths))


def restored_later(
    line: Sequence[LineCommit], threads: Iterable[Sequence[PathEvent]], path: str, sha: str
) -> bool:
    """Return whether the line later restored a path that one of its commits had reverted.

    `threads` are what happened to the files that it moved, under all of their names.
    """
    events, place = events_at(line, path, sha)
    if place < len(events) and _undone_later(events, place):
        return True
    return any((sha, path) in _undone(thread) for thread in threads)


def dropped(
    among: Iterable[str],
    step: LineCommit,
    offered: Mapping[str, tuple[str, str]],
    lacking: Mapping[str, tuple[str, str]],
) -> tuple[str, ...]:
    """Return the paths of which a merge took nothing, though only its other side had changed them.

    `offered` is what the other side changed since both diverged, `lacking` what the other side has
    and the merge lacks: content there, content here. What the merge moved to another path, for
    example in a renamed folder, was not dropped.
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
    """Return all that was found about one commit as one: by ids, by content, and what it dropped.

    If that is more than the commits that its message names, they are not counted.
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


def _reverting(events: Sequence[PathEvent]) -> Iterator[tuple[str, str]]:
    """Yield the commits, with the path, that returned a file to before work was brought to it."""
    returned_to = set[str]()  # the contents to which own commits returned since work was brought
    for place, event in enumerate(events):
        if event.step.brings:
            returned_to.clear()
        if (event.step.brings and not event.step.tips) or event.before == event.after:
            continue
        if _undone_later(events, place):
            continue
        older = events[:place]
        if event.after not in returned_to and (
            was_before_work(older, event.after) or _has_no_work_left(older, event.after)
        ):
            returned_to.add(event.after)
            yield event.step.sha, event.path


def _undone(events: Sequence[PathEvent]) -> Iterator[tuple[str, str]]:
    """Yield the commits, with the path, whose change to a file was later undone."""
    for place, event in enumerate(events):
        if event.before != event.after and _undone_later(events, place):
            yield event.step.sha, event.path


def _undone_later(events: Sequence[PathEvent], place: int) -> bool:
    return any(later.after == events[place].before for later in events[place + 1 :])


def _has_no_work_left(older: Sequence[PathEvent], content: str) -> bool:
    """Return whether a path with work from after the first commit of all was deleted."""
    return content == ABSENT and any(each.step.brings and each.step.parents for each in older)
