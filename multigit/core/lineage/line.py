"""The *line* of a later stage: its first-parent commits, and what happened to each path on it.

A commit of the line *brings* work if the earlier stage has it, too, or if it merges some of that
stage, even through a branch of its own; all others are the stage's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

ABSENT = ""  # the content of a path that does not exist
NOTHING = (  # the ids of an empty file, which is not a sign of a move
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


@dataclass(frozen=True, slots=True)
class LineCommit:
    """A commit of the line; `changes` are its paths with their content before and after it.

    `tips` are the newest commits of the earlier stage in what it merged, unless it is a commit of
    that stage itself. `moves` are the paths that an own commit moved, by their new names.
    """

    sha: str
    parents: tuple[str, ...]
    brings: bool
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tips: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PathEvent:
    """What a commit of the line did to a path: its content before and after it."""

    step: LineCommit
    path: str
    before: str
    after: str


def with_moves(
    line: Sequence[LineCommit], known: Mapping[str, Mapping[str, str]]
) -> tuple[LineCommit, ...]:
    """Return the line with the moves of its own commits: old names by new ones.

    `known` are moves that git reported, by commit: new names by old ones. The others are guessed by
    content: a deleted path is now where its last content is, or else one of its earlier contents.
    """
    held: dict[str, list[str]] = {}  # the contents of a path so far, the newest last
    steps = []
    for step in line:
        moves = {} if step.brings else _moves(step, held, known.get(step.sha, {}))
        steps.append(replace(step, moves=moves))
        pasts = {new: [*held.get(old, ()), step.changes[old][0]] for new, old in moves.items()}
        for path, (before, _) in step.changes.items():
            held.setdefault(path, []).append(before)
        held.update(pasts)
    return tuple(steps)


def guessed(step: LineCommit) -> bool:
    """Return whether a commit seems to have moved and changed a file, judged by contents alone."""
    return any(step.changes[old][0] != step.changes[new][1] for new, old in step.moves.items())


def _moves(
    step: LineCommit, held: Mapping[str, Sequence[str]], known: Mapping[str, str]
) -> dict[str, str]:
    gone = {path: old for path, (old, new) in step.changes.items() if new == ABSENT}
    made = {path: new for path, (old, new) in step.changes.items() if old == ABSENT}
    moves = {known[old]: old for old in gone if known.get(old) in made}
    for earlier in (False, True):
        unmatched = {old: before for old, before in gone.items() if old not in moves.values()}
        by_content = dict[str, str]()
        for old, before in unmatched.items():
            for content in held.get(old, ()) if earlier else (before,):
                by_content.setdefault(content, old)
        for new, content in made.items():
            if new not in moves and content in by_content and not content.endswith(NOTHING):
                moves[new] = by_content.pop(content)
    return moves


def present_name(line: Sequence[LineCommit], path: str) -> str:
    """Return the name that a path has at the end of the line, after own commits moved it."""
    events = happened(line, path)
    if not events or events[-1].after != ABSENT:
        return path
    moves = events[-1].step.moves.items()
    new = next((new for new, old in moves if old == path), "")
    return present_name(line, new) if new else path


def untouched_by(line: Sequence[LineCommit], paths: Iterable[str]) -> frozenset[str]:
    """Return the paths that no own commit of the line changed, on its first-parent side."""
    own = {path for step in line if not step.brings for path in step.changes}
    return frozenset(paths) - own


def events_at(line: Sequence[LineCommit], path: str, sha: str) -> tuple[list[PathEvent], int]:
    """Return what happened to a path, and the place of one commit in that, or else its length.

    The line may lack the commit, for example if it came with a merge.
    """
    events = happened(line, path)
    return events, next((i for i, each in enumerate(events) if each.step.sha == sha), len(events))


def happened(line: Sequence[LineCommit], path: str) -> list[PathEvent]:
    """Return what happened to a path, oldest first."""
    return [PathEvent(step, path, *step.changes[path]) for step in line if path in step.changes]


def by_path(line: Sequence[LineCommit]) -> dict[str, list[PathEvent]]:
    """Return what happened to each path, oldest first."""
    events: dict[str, list[PathEvent]] = {}
    for step in line:
        for path, (before, after) in step.changes.items():
            events.setdefault(path, []).append(PathEvent(step, path, before, after))
    return events


def threads_of(line: Sequence[LineCommit]) -> list[list[PathEvent]]:
    """Return what happened to each file that own commits moved, under all of its names."""
    if not any(step.moves for step in line):
        return []
    events: dict[str, list[PathEvent]] = {}
    ended = list[list[PathEvent]]()
    for step in line:
        past = {old: events.pop(old, []) for old in step.moves.values()}
        for path, (before, after) in step.changes.items():
            if path in past:
                continue
            if old := step.moves.get(path, ""):
                ended.append(events.pop(path, []))
                events[path] = [*past[old], PathEvent(step, path, step.changes[old][0], after)]
            else:
                events.setdefault(path, []).append(PathEvent(step, path, before, after))
    every = (*ended, *events.values())
    return [each for each in every if len({event.path for event in each}) > 1]


def was_before_work(older: Sequence[PathEvent], content: str) -> bool:
    """Return whether the path had this content before work was brought to it."""
    event = last_before_work(older, content)
    # Before the first commit of all no path existed: that is not an earlier state.
    return event is not None and bool(event.step.parents)


def last_before_work(older: Sequence[PathEvent], content: str) -> PathEvent | None:
    """Return the last event before which a path had this content, if work was brought since."""
    brought = False
    for event in reversed(older):
        brought = brought or event.step.brings
        if brought and event.before == content:
            return event
    return None
