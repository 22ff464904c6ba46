"""Which commits of a later stage take back work of an earlier one: what they say, what they hold.

The later stage's *line* are its first-parent commits. A commit of it *brings* work when the earlier
stage has it, too, or when it merges some of that stage, be it through a branch of its own; all
others are the stage's own. An own commit takes work back where it returns a path to what that was
before work was brought there. So does a merge, where what it merged did not ask for that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile

from multigit.core.values.snapshot import Evidence, Reversal

ACCEPTS = "Accepts-revert"  # the trailer of a merge that a person let pass
ABSENT = ""  # the content of a path that is not there
NOTHING = (  # an empty file, which is no sign of a move
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)

# What `git revert` writes; for a merge it names the parent that the content went back to.
_REVERTS = re.compile(
    r"^This reverts commit ([0-9a-f]{7,64})(?:,\s+reversing\s+changes made to ([0-9a-f]{7,64}))?",
    re.MULTILINE,
)
# What git and the hosts' revert buttons write, with or without the id of a commit.
_SAYS_SO = re.compile(
    r"""^(?:merged\ pr\ \d+:\ )?
    (?: revert(?:s|ed)?\ ["'“`]                       # Revert "feat: pay"
      | revert(?:\([^)]*\))?!?:                       # revert: feat: pay
      | reverts:?\ [\w./-]*[#!]\d+                    # Reverts acme/api#12, Reverts !12
      | (?:this\ reverts|revert(?:s|ed|\ of)?)\ (?:commit|merge\ request|pull\ request|pr)\b
      | reapply\ "revert\ "
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_ACCEPTED = re.compile(rf"^{ACCEPTS}: ([0-9a-f]{{40,64}})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """History that a message names: everything that `newer` has and `older` lacks."""

    older: str
    newer: str


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
class _Event:
    step: Step
    path: str
    before: str
    after: str


def reverted_spans(message: str) -> tuple[Span, ...]:
    """Return what a message says that its commit reverts, by commit ids."""
    return tuple(Span(mainline or f"{sha}^", sha) for sha, mainline in _REVERTS.findall(message))


def says_so(message: str) -> bool:
    """Tell whether a message calls its commit a revert, as git and the hosts' buttons do."""
    return _SAYS_SO.search(message) is not None


def accepted_in(message: str) -> tuple[str, ...]:
    """Return the reverts that a merge's message accepts."""
    return tuple(_ACCEPTED.findall(message))


def accepting(message: str, shas: Sequence[str] = ()) -> str:
    """Return a merge's message with a trailer for each of these reverts, and for no other."""
    body = re.sub(rf"\n*^{ACCEPTS}: .*$", "", message, flags=re.MULTILINE).rstrip()
    trailers = "\n".join(f"{ACCEPTS}: {sha}" for sha in shas)
    return f"{body}\n\n{trailers}" if trailers else body


def returned(line: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """Return the commits of the line that take work back, with the paths that returned.

    `line` is in its order, oldest first. What a later commit brought forward again does not count,
    nor does a hotfix that takes back another hotfix: that is no work of the earlier stage. Of
    merges that bring work, too, these are paths that may have returned since the work says so.
    A deleted file with work in it counts, whatever it was before: all of that work goes. One that
    was moved is still the same file, with the content that it has there.
    """
    by_name = [*_by_path(line).values()]
    found = set(chain.from_iterable(map(_taking_back, by_name)))
    for step in line:  # what is elsewhere now is not gone, unless it is back where it was
        found -= {
            (step.sha, old) for new, old in step.moves.items() if (step.sha, new) not in found
        }
    threads = _threads(line)
    found |= set(chain.from_iterable(map(_taking_back, threads)))
    found -= set(chain.from_iterable(map(_brought_forward, threads)))
    by_sha: dict[str, tuple[str, ...]] = {}
    for sha, path in sorted(found):
        by_sha[sha] = (*by_sha.get(sha, ()), path)
    return by_sha


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


def rewritten(line: Sequence[Step], sha: str) -> tuple[str, ...]:
    """Return the paths that one own commit changed after work was brought there.

    For a commit that says that it is a revert: there its content need not be an earlier one, since
    more may have changed. Not those that only returned to before another own commit.
    """
    found = []
    for path, events in _by_path(line).items():
        for place, event in enumerate(events):
            older = events[:place]
            if event.step.sha != sha or not any(each.step.brings for each in older):
                continue
            if not any(each.before == event.after for each in older):
                found.append(path)
    return tuple(sorted(found))


def brought(line: Sequence[Step], path: str, before: str) -> Step | None:
    """Return the commit that brought work to a path last, before the commit `before`."""
    events, place = _events(line, path, before)
    return next((each.step for each in reversed(events[:place]) if each.step.brings), None)


def before_work(line: Sequence[Step], path: str, sha: str) -> str:
    """Return the commit of before the work which a commit took back; empty where none is known."""
    events, place = _events(line, path, sha)
    found = _before_work(events[:place], events[place].after) if place < len(events) else None
    return found.step.parents[0] if found and found.step.parents else ""


def before_each_work(line: Sequence[Step], path: str, sha: str) -> tuple[str, ...]:
    """Return the commits of before each time that work was brought to a path, newest first."""
    events, place = _events(line, path, sha)
    brought = [event.step for event in events[:place] if event.step.brings]
    return tuple(step.parents[0] for step in reversed(brought) if step.parents)


def across_move(line: Sequence[Step], path: str, sha: str) -> tuple[str, str, str] | None:
    """Return what has the work of a path that own commits moved and put back: by its old name.

    That is the commit of before the work, the one that brought it, and the name. None where the
    parent has all of the work by the same name as the commit, or the work came by several names.
    """
    for events in _threads(line):
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
            first = _before_work(older, event.after)
            if first and first.step.parents and first.path == older[-1].path:
                return first.step.parents[0], older[-1].step.sha, first.path
    return None


def present_name(line: Sequence[Step], path: str) -> str:
    """Return the name that a path has at the end of the line, where own commits moved it."""
    events = _happened(line, path)
    if not events or events[-1].after != ABSENT:
        return path
    moves = events[-1].step.moves.items()
    new = next((new for new, old in moves if old == path), "")
    return present_name(line, new) if new else path


def was_absent(line: Sequence[Step], path: str, sha: str) -> bool:
    """Tell whether a path that one commit deleted was not there before work was brought to it."""
    events, place = _events(line, path, sha)
    return _was_before_work(events[:place], ABSENT)


def keeper(line: Sequence[Step], path: str, sha: str, told: Collection[str] = ()) -> str:
    """Return the commit that has the work of a path which `sha` took back, other than its parent.

    That is needed where own commits had touched the path before: they may have taken the first half
    of the work back. `told` are those that are known to: each of them brings back its own part.
    Empty where the parent has it.
    """
    events, place = _events(line, path, sha)
    start = place
    while start and not (events[start - 1].step.brings or events[start - 1].step.sha in told):
        start -= 1
    if start in (0, place) or place == len(events):
        return ""
    rest = len([*takewhile(lambda each: not each.step.brings, events[place + 1 :])])
    ends = range(place, place + 1 + rest)
    gone = any(_was_before_work(events[:end], events[end].after) for end in ends)
    return events[start - 1].step.sha if gone else ""


def undone(line: Sequence[Step], path: str, sha: str) -> tuple[Step, ...]:
    """Return the own commits that had put a path back before, if only `sha` brought that forward.

    Newest first. As when the files of an old release come back over those of a newer one: where
    the newer work is brought back, what they took goes again, and has to come back, too.
    """
    events, place = _events(line, path, sha)
    found = []
    for at, event in enumerate(events[:place]):
        again = [each.step.sha for each in events[at + 1 : place + 1] if each.after == event.before]
        if not event.step.brings and again == [sha] and _was_before_work(events[:at], event.after):
            found.append(event.step)
    return tuple(reversed(found))


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


def forward_again(line: Sequence[Step], path: str, sha: str) -> bool:
    """Tell whether the line brought a path forward again that one of its commits had put back."""
    events, place = _events(line, path, sha)
    if place < len(events) and _forward_again(events, place):
        return True
    return any((sha, path) in _brought_forward(thread) for thread in _threads(line))


def untouched_by(line: Sequence[Step], paths: Iterable[str]) -> frozenset[str]:
    """Return the paths that no own commit of the line changed, on its first-parent side."""
    own = {path for step in line if not step.brings for path in step.changes}
    return frozenset(paths) - own


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


def _events(line: Sequence[Step], path: str, sha: str) -> tuple[list[_Event], int]:
    """Return what happened to a path, and the place of one commit in it, the end where it is not.

    The line may lack the commit, as it may have come with a merge.
    """
    events = _happened(line, path)
    return events, next((i for i, each in enumerate(events) if each.step.sha == sha), len(events))


def _taking_back(events: Sequence[_Event]) -> Iterator[tuple[str, str]]:
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
            _was_before_work(older, event.after) or _has_no_work_left(older, event.after)
        ):
            taken.add(event.after)
            yield event.step.sha, event.path


def _brought_forward(events: Sequence[_Event]) -> Iterator[tuple[str, str]]:
    """Yield the commits, with the path, after which a file had its content of before again."""
    for place, event in enumerate(events):
        if event.before != event.after and _forward_again(events, place):
            yield event.step.sha, event.path


def _forward_again(events: Sequence[_Event], place: int) -> bool:
    return any(later.after == events[place].before for later in events[place + 1 :])


def _happened(line: Sequence[Step], path: str) -> list[_Event]:
    return [_Event(step, path, *step.changes[path]) for step in line if path in step.changes]


def _by_path(line: Sequence[Step]) -> dict[str, list[_Event]]:
    events: dict[str, list[_Event]] = {}
    for step in line:
        for path, (before, after) in step.changes.items():
            events.setdefault(path, []).append(_Event(step, path, before, after))
    return events


def _threads(line: Sequence[Step]) -> list[list[_Event]]:
    """Return what happened to each file that own commits moved, under all of its names."""
    if not any(step.moves for step in line):
        return []
    events: dict[str, list[_Event]] = {}
    ended = list[list[_Event]]()
    for step in line:
        past = {old: events.pop(old, []) for old in step.moves.values()}
        for path, (before, after) in step.changes.items():
            if path in past:
                continue
            if old := step.moves.get(path, ""):
                ended.append(events.pop(path, []))
                events[path] = [*past[old], _Event(step, path, step.changes[old][0], after)]
            else:
                events.setdefault(path, []).append(_Event(step, path, before, after))
    every = (*ended, *events.values())
    return [each for each in every if len({event.path for event in each}) > 1]


def _has_no_work_left(older: Sequence[_Event], content: str) -> bool:
    """Tell whether a path to which work was brought, after the very first commit, was deleted."""
    return content == ABSENT and any(each.step.brings and each.step.parents for each in older)


def _was_before_work(older: Sequence[_Event], content: str) -> bool:
    """Tell whether the path had this content before work was brought to it."""
    found = _before_work(older, content)
    # Before the very first commit no path was there: that is no earlier state.
    return found is not None and bool(found.step.parents)


def _before_work(older: Sequence[_Event], content: str) -> _Event | None:
    """Return what happened to a path when it had this content last, with work brought since."""
    brought = False
    for event in reversed(older):
        brought = brought or event.step.brings
        if brought and event.before == content:
            return event
    return None
