"""Commits whose message names what they revert, by commit ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain

from multigit.adapters.git.changes import between, commits_in, hunks, mode_of, moved
from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.adapters.git.reversals.line import StageCommit
from multigit.core.lineage.hunks import only_puts_back
from multigit.core.lineage.keepers import before_work
from multigit.core.lineage.returns import restored_later
from multigit.core.lineage.revert_messages import Span, reverted_spans
from multigit.core.values.merge import Reversal


@dataclass(frozen=True, slots=True)
class Work:
    """Work in a path that a message claims to revert, and the content before that work."""

    span: Span
    path: str
    before: str


def by_id(history: History, notes: Notes) -> list[Reversal]:
    """Return the commits that name what they revert, and add to the notes.

    A revert that was itself reverted does not count.
    """
    reverted: set[str] = set()
    reversals = []
    for commit in history.own.values():
        if commit.sha in reverted or len(commit.parents) > 1:
            continue
        lost: set[str] = set()
        spans = reverted_spans(commit.message)
        for span in spans:
            work = commits_in(history.door, span)
            reverted |= work
            lost |= work - commits_in(history.door, span, without=history.earlier)
        if not lost:
            continue
        works = _works(history, commit, spans)
        step = history.step_of(commit.sha)
        at = step.sha if step else commit.sha
        still = {p for p in works if not restored_later(history.line, history.threads, p, at)}
        if paths := history.lossy(still):
            reversals.append(history.reversal(commit, paths, lost=len(lost)))
            notes |= _mixed(history, commit, at, {path: works[path] for path in paths})
    return reversals


def _works(history: History, commit: StageCommit, spans: Collection[Span]) -> dict[str, list[Work]]:
    """Return, by path of a commit, the work of these spans that it reverts there, oldest first.

    If the file with the work has another name by now, git changed it under that name.
    """
    changes, works = history.changes_of(commit), dict[str, list[Work]]()
    for span in reversed([*spans]):
        work = between(history.door, span)
        places = {path: path for path in work if path in changes}
        if work.keys() - places.keys() and changes.keys() - places.keys():
            places = moved(history.door, span.newer, commit.parents[0]) | places
        for path, place in places.items():
            if path in work and place in changes:
                works.setdefault(place, []).append(Work(span, path, work[path][0]))
    return works


def _mixed(
    history: History, commit: StageCommit, at: str, by_path: Mapping[str, list[Work]]
) -> Notes:
    """Return the notes for the paths in which a revert did more than to revert the work."""
    changes = history.changes_of(commit)
    unlike = {
        path: works
        for path, works in by_path.items()
        if changes[path][1] not in {work.before for work in works}
        and not before_work(history.line, path, at)
    }
    reverting = hunks(history.door, commit.parents[0], commit.sha, unlike, any_file=True)
    spans: dict[Span, set[str]] = {}
    for work in chain.from_iterable(unlike.values()):
        spans.setdefault(work.span, set()).add(work.path)
    done = {
        span: hunks(history.door, span.older, span.newer, paths, any_file=True)
        for span, paths in spans.items()
    }
    notes = Notes()
    for path, works in unlike.items():
        added = [hunk for work in works for hunk in done[work.span].get(work.path, ())]
        modes = {mode_of(changes[path][0]), *(mode_of(work.before) for work in works)}
        lines = reverting.get(path)
        if (
            lines is None  # it became another kind of file
            or mode_of(changes[path][1]) not in modes
            or not only_puts_back(added, lines)
        ):
            held = [Held(work.span.older, work.span.newer, work.path) for work in works]
            notes[commit.sha, path] = held
    return notes
