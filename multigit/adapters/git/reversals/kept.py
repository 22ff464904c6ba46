"""Which commits have the work that a reversal reverted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.core.lineage.keepers import across_move, keeper, reverted_before
from multigit.core.lineage.line import ABSENT, present_name
from multigit.core.lineage.revert_messages import rolled_back_to
from multigit.core.values.merge import Reversal

Counts = Mapping[str, Counter[str]]  # reversals by path, and by the step that brought them


def with_kept(history: History, reversal: Reversal, counts: Counts, notes: Notes) -> Reversal:
    """Add the commits that have the work; none if reverting the commit restores all of it."""
    sha = reversal.sha
    commit, changes = history.own[sha], history.changes_of(history.own[sha])
    if rolled_back_to(commit.message) and changes.keys() == {*reversal.paths}:
        return replace(reversal, kept=())  # its parent has all of it, whatever came and went before
    has = {path: holder for _, holder, paths in reversal.kept for path in paths}
    kept: dict[tuple[str, str], list[str]] = {}
    for path in reversal.paths:
        if path in has:
            held = [Held(sha, has[path], path)]
        else:
            held = notes.get((sha, path), []) or _holders(history, reversal, path, counts)
        for work in held:
            kept.setdefault((work.lacking, work.having), []).append(work.path)
    for path in reversal.paths:
        for step in reverted_before(history.line, path, sha, history.reapplying):
            kept.setdefault((step.sha, step.parents[0]), []).append(path)
    if kept.keys() == {(sha, commit.parents[0])} and changes.keys() == {*reversal.paths}:
        return replace(reversal, kept=())
    existing = {  # a deleted path that is restored has no other name
        path
        for (lacking, _), paths in kept.items()
        for path in paths
        if lacking != sha or changes.get(path, ("", ""))[1] != ABSENT
    }
    now = {path: present_name(history.line, path) for path in sorted(existing)}
    return replace(
        reversal,
        kept=tuple((*pair, tuple(paths)) for pair, paths in kept.items()),
        moved=tuple((path, new) for path, new in now.items() if new != path),
    )


def _holders(history: History, reversal: Reversal, path: str, counts: Counts) -> list[Held]:
    """Return what has the work of a path: the parent, unless it lacks some.

    If a merge brought several reversals, each of them restores its own part.
    """
    commit = history.own[reversal.sha]
    before, parent = history.changes_of(commit)[path][0], commit.parents[0]
    step, whole = history.step_of(commit.sha), [Held(commit.sha, parent, path)]
    if step is None or path not in step.changes or counts[path][step.sha] > 1:
        return whole
    if step.moves.get(path) not in reversal.paths:
        if across := across_move(history.threads, path, step.sha):
            return [Held(*across)]
        if path in step.moves:  # the move is reverted, too
            return [*whole, Held(commit.sha, parent, step.moves[path])]
    if holder := keeper(history.line, path, step.sha, {*counts[path], *history.reapplying}):
        return [Held(commit.sha, holder, path)]
    return whole if step.changes[path][0] == before else [Held(commit.sha, step.parents[0], path)]
