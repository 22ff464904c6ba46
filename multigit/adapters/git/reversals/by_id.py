"""Commits whose message names what they revert, by commit ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain

from multigit.adapters.git.changes import between, commits_in, hunks, moved
from multigit.adapters.git.line import OwnCommit
from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.core.lineage.hunks import only_puts_back
from multigit.core.lineage.keepers import before_work
from multigit.core.lineage.returns import forward_again
from multigit.core.lineage.revert_messages import Span, reverted_spans
from multigit.core.values.merge import Reversal


@dataclass(frozen=True, slots=True)
class Work:
    """What a message says was reverted in a path, and the content of before that."""

    span: Span
    path: str
    before: str


def by_id(history: History, notes: Notes) -> list[Reversal]:
    """Return what messages name, and note what has the work alone.

    A revert that was itself reverted does not count.
    """
    taken_back: set[str] = set()
    found = []
    for commit in history.own.values():
        if commit.sha in taken_back or len(commit.parents) > 1:
            continue
        lost: set[str] = set()
        spans = reverted_spans(commit.message)
        for span in spans:
            work = commits_in(history.door, span)
            taken_back |= work
            lost |= work - commits_in(history.door, span, without=history.earlier)
        if not lost:
            continue
        meant = _meant(history, commit, spans)
        step = history.step_of(commit.sha)
        at = step.sha if step else commit.sha
        left = {path for path in meant if not forward_again(history.line, path, at)}
        if paths := history.lossy(left):
            found.append(history.reversal(commit, paths, lost=len(lost)))
            notes |= _mixed(history, commit, at, {path: meant[path] for path in paths})
    return found


def _meant(history: History, commit: OwnCommit, spans: Collection[Span]) -> dict[str, list[Work]]:
    """Return the paths of a commit in which it reverts these spans, as it says, oldest first.

    Where the reverted file has another name by now, git changed it there.
    """
    changes, meant = history.changes_of(commit), dict[str, list[Work]]()
    for span in reversed([*spans]):
        work = between(history.door, span)
        places = {path: path for path in work if path in changes}
        if work.keys() - places.keys() and changes.keys() - places.keys():
            places = moved(history.door, span.newer, commit.parents[0]) | places
        for path, place in places.items():
            if path in work and place in changes:
                meant.setdefault(place, []).append(Work(span, path, work[path][0]))
    return meant


def _mixed(history: History, commit: OwnCommit, at: str, meant: Mapping[str, list[Work]]) -> Notes:
    """Return what has the work alone, for each path in which a revert did more than that."""
    after = {path: content for path, (_, content) in history.changes_of(commit).items()}
    unlike = {
        path: works
        for path, works in meant.items()
        if after[path] not in {work.before for work in works}
        and not before_work(history.line, path, at)
    }
    then = hunks(history.door, commit.parents[0], commit.sha, unlike)
    spans: dict[Span, set[str]] = {}
    for each in chain.from_iterable(unlike.values()):
        spans.setdefault(each.span, set()).add(each.path)
    work = {
        span: hunks(history.door, span.older, span.newer, paths) for span, paths in spans.items()
    }
    notes = Notes()
    for path, works in unlike.items():
        done = [hunk for each in works for hunk in work[each.span].get(each.path, ())]
        if not only_puts_back(done, then.get(path, ())):
            held = [Held(each.span.older, each.span.newer, each.path) for each in works]
            notes[commit.sha, path] = held
    return notes
