"""The *line* of a later stage: its first-parent commits, and what happened to each path on it.

A commit of the line *brings* work when the earlier stage has it, too, or when it merges some of
that stage, be it through a branch of its own; all others are the stage's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

ABSENT = ""  # the content of a path that is not there
NOTHING = (  # an empty file, which is no sign of a move
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A commit of the line; `changes` are its paths with their content before and after it.

    `tips` are the newest commits of the earlier stage in what it merged, where it is no commit of
    that stage. `moves` are the paths that an own commit moved, by their new names.
    """

    sha: str
    parents: tuple[str, ...]
    brings: bool
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tips: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What a commit of the line did to a path: its content before and after it."""

    step: Step
    path: str
    before: str
    after: str


def with_moves(line: Sequence[Step], known: Mapping[str, Mapping[str, str]]) -> tuple[Step, ...]:
    """Return the line with what its own commits moved: old names by new ones.

    `known` is that the other way round, by commit, where git was asked. Else the content tells it:
    a path that vanished is where its content of just before is now, or else an earlier one.
    """
    held: dict[str, list[str]] = {}  # what was at a path, the newest last
    found = []
    for step in line:
        moves = {} if step.brings else _moves(step, held, known.get(step.sha, {}))
        found.append(replace(step, moves=moves))
        pasts = {new: [*held.get(old, ()), step.changes[old][0]] for new, old in moves.items()}
        for path, (before, _) in step.changes.items():
            held.setdefault(path, []).append(before)
        held.update(pasts)
    return tuple(found)


def guessed(step: Step) -> bool:
    """Tell whether a commit seems to have moved a file and changed it, as far as contents tell."""
    return any(step.changes[old][0] != step.changes[new][1] for new, old in step.moves.items())


def _moves(
    step: Step, held: Mapping[str, Sequence[str]], known: Mapping[str, str]
) -> dict[str, str]:
    gone = {path: old for path, (old, new) in step.changes.items() if new == ABSENT}
    made = {path: new for path, (old, new) in step.changes.items() if old == ABSENT}
    moves = {known[old]: old for old in gone if known.get(old) in made}
    for earlier in (False, True):
        left = {old: before for old, before in gone.items() if old not in moves.values()}
        by_content = dict[str, str]()
        for old, before in left.items():
            for content in held.get(old, ()) if earlier else (before,):
                by_content.setdefault(content, old)
        for new, content in made.items():
            if new not in moves and content in by_content and not content.endswith(NOTHING):
                moves[new] = by_content.pop(content)
    return moves


def present_name(line: Sequence[Step], path: str) -> str:
    """Return the name that a path has at the end of the line, where own commits moved it."""
    events = happened(line, path)
    if not events or events[-1].after != ABSENT:
        return path
    moves = events[-1].step.moves.items()
    new = next((new for new, old in moves if old == path), "")
    return present_name(line, new) if new else path


def untouched_by(line: Sequence[Step], paths: Iterable[str]) -> frozenset[str]:
    """Return the paths that no own commit of the line changed, on its first-parent side."""
    own = {path for step in line if not step.brings for path in step.changes}
    return frozenset(paths) - own


def events_at(line: Sequence[Step], path: str, sha: str) -> tuple[list[Event], int]:
    """Return what happened to a path, and the place of one commit in it, the end where it is not.

    The line may lack the commit, as it may have come with a merge.
    """
    events = happened(line, path)
    return events, next((i for i, each in enumerate(events) if each.step.sha == sha), len(events))


def happened(line: Sequence[Step], path: str) -> list[Event]:
    """Return what happened to a path, oldest first."""
    return [Event(step, path, *step.changes[path]) for step in line if path in step.changes]


def by_path(line: Sequence[Step]) -> dict[str, list[Event]]:
    """Return what happened to each path, oldest first."""
    events: dict[str, list[Event]] = {}
    for step in line:
        for path, (before, after) in step.changes.items():
            events.setdefault(path, []).append(Event(step, path, before, after))
    return events


def threads_of(line: Sequence[Step]) -> list[list[Event]]:
    """Return what happened to each file that own commits moved, under all of its names."""
    if not any(step.moves for step in line):
        return []
    events: dict[str, list[Event]] = {}
    ended = list[list[Event]]()
    for step in line:
        past = {old: events.pop(old, []) for old in step.moves.values()}
        for path, (before, after) in step.changes.items():
            if path in past:
                continue
            if old := step.moves.get(path, ""):
                ended.append(events.pop(path, []))
                events[path] = [*past[old], Event(step, path, step.changes[old][0], after)]
            else:
                events.setdefault(path, []).append(Event(step, path, before, after))
    every = (*ended, *events.values())
    return [each for each in every if len({event.path for event in each}) > 1]


def was_before_work(older: Sequence[Event], content: str) -> bool:
    """Tell whether the path had this content before work was brought to it."""
    found = last_before_work(older, content)
    # Before the very first commit no path was there: that is no earlier state.
    return found is not None and bool(found.step.parents)


def last_before_work(older: Sequence[Event], content: str) -> Event | None:
    """Return what happened to a path when it had this content last, with work brought since."""
    brought = False
    for event in reversed(older):
        brought = brought or event.step.brings
        if brought and event.before == content:
            return event
    return None
