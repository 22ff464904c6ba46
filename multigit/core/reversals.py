"""Which commits of a later stage take back work of an earlier one: what they say, what they hold.

The later stage's *line* are its first-parent commits. A commit of it *brings* work when the earlier
stage has it, too, or when it merges some of that stage, be it through a branch of its own; all
others are the stage's own. An own commit takes work back where it returns a path to what that was
before work was brought there. So does a merge, where what it merged did not ask for that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from multigit.core.snapshot import Evidence, Reversal

ACCEPTS = "Accepts-revert"  # the trailer of a merge that a person let pass
ABSENT = ""  # the content of a path that is not there

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
    that stage.
    """

    sha: str
    parents: tuple[str, ...]
    brings: bool
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Event:
    step: Step
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
    A deleted file with work in it counts, whatever it was before: all of that work goes.
    """
    found: dict[str, list[str]] = {}
    for path, events in _by_path(line).items():
        taken = set[str]()  # what own commits went back to since work was brought
        for place, event in enumerate(events):
            if event.step.brings:
                taken.clear()
            if (event.step.brings and not event.step.tips) or _forward_again(events, place):
                continue
            older = events[:place]
            if event.after not in taken and (
                _was_before_work(older, event.after) or _has_no_work_left(older, event.after)
            ):
                taken.add(event.after)
                found.setdefault(event.step.sha, []).append(path)
    return {sha: tuple(sorted(paths)) for sha, paths in found.items()}


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
    return place < len(events) and _forward_again(events, place)


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
    events = _by_path(line).get(path, [])
    return events, next((i for i, each in enumerate(events) if each.step.sha == sha), len(events))


def _forward_again(events: Sequence[_Event], place: int) -> bool:
    return any(later.after == events[place].before for later in events[place + 1 :])


def _by_path(line: Sequence[Step]) -> dict[str, list[_Event]]:
    events: dict[str, list[_Event]] = {}
    for step in line:
        for path, (before, after) in step.changes.items():
            events.setdefault(path, []).append(_Event(step, before, after))
    return events


def _has_no_work_left(older: Sequence[_Event], content: str) -> bool:
    """Tell whether a path to which work was brought, after the very first commit, was deleted."""
    return content == ABSENT and any(each.step.brings and each.step.parents for each in older)


def _was_before_work(older: Sequence[_Event], content: str) -> bool:
    """Tell whether the path had this content before work was brought to it."""
    brought = False
    for event in reversed(older):
        brought = brought or event.step.brings
        if brought and event.before == content:
            # Before the very first commit no path was there: that is no earlier state.
            return bool(event.step.parents)
    return False
