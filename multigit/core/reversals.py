"""Which commits of a later stage take back work of an earlier one: what they say, what they hold.

The later stage's *line* are its first-parent commits. A commit of it *brings* work when the earlier
stage has it, too, or when it merges some of that stage; all others are the stage's own. An own
commit takes work back where it returns a path to what that was before work was brought there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
    """A commit of the line; `changes` are its paths with their content before and after it."""

    sha: str
    parents: tuple[str, ...]
    brings: bool
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


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
    """Return the own commits of the line that take work back, with the paths that returned.

    `line` is in its order, oldest first. What a later commit brought forward again does not count,
    nor does a hotfix that takes back another hotfix: that is no work of the earlier stage.
    """
    found: dict[str, list[str]] = {}
    for path, events in _by_path(line).items():
        for place, event in enumerate(events):
            if event.step.brings or not _was_before_work(events[:place], event.after):
                continue
            if all(later.after != event.before for later in events[place + 1 :]):
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
    events = _by_path(line).get(path, [])
    place = next((i for i, each in enumerate(events) if each.step.sha == before), 0)
    return next((each.step for each in reversed(events[:place]) if each.step.brings), None)


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


def _by_path(line: Sequence[Step]) -> dict[str, list[_Event]]:
    events: dict[str, list[_Event]] = {}
    for step in line:
        for path, (before, after) in step.changes.items():
            events.setdefault(path, []).append(_Event(step, before, after))
    return events


def _was_before_work(older: Sequence[_Event], content: str) -> bool:
    """Tell whether the path had this content before work was brought to it."""
    brought = False
    for event in reversed(older):
        brought = brought or event.step.brings
        if brought and event.before == content:
            # Before the very first commit no path was there: that is no earlier state.
            return bool(event.step.parents)
    return False
