"""Which commits have the work that a reversal took back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.core.lineage.keepers import across_move, keeper, undone
from multigit.core.lineage.line import ABSENT, present_name
from multigit.core.values.merge import Reversal

Told = Counter[tuple[str, str]]  # how many reversals tell of a path, by the step that brought them


def with_kept(history: History, one: Reversal, told: Told, notes: Notes) -> Reversal:
    """Add the commits that have the work; none where to revert the commit brings back all."""
    commit, every = history.own[one.sha], history.changes_of(history.own[one.sha])
    has = {path: holder for _, holder, paths in one.kept for path in paths}
    kept: dict[tuple[str, str], list[str]] = {}
    for path in one.paths:
        if path in has:
            held = [Held(one.sha, has[path], path)]
        else:
            held = notes.get((one.sha, path), []) or _holders(history, one, path, told)
        for each in held:
            kept.setdefault((each.lacking, each.having), []).append(each.path)
    for path in one.paths:
        for step in undone(history.line, path, one.sha):
            kept.setdefault((step.sha, step.parents[0]), []).append(path)
    if kept.keys() == {(one.sha, commit.parents[0])} and every.keys() == {*one.paths}:
        return replace(one, kept=())
    there = {  # those that are brought back where there are none have no other name
        path
        for (lacking, _), paths in kept.items()
        for path in paths
        if lacking != one.sha or every.get(path, ("", ""))[1] != ABSENT
    }
    now = {path: present_name(history.line, path) for path in sorted(there)}
    return replace(
        one,
        kept=tuple((*pair, tuple(paths)) for pair, paths in kept.items()),
        moved=tuple((path, new) for path, new in now.items() if new != path),
    )


def _holders(history: History, one: Reversal, path: str, told: Told) -> list[Held]:
    """Return what has the work of a path: the parent, unless some was gone there.

    Of several that one merge brought, each brings back its own part.
    """
    commit = history.own[one.sha]
    before, parent = history.changes_of(commit)[path][0], commit.parents[0]
    step, whole = history.step_of(commit.sha), [Held(commit.sha, parent, path)]
    if step is None or path not in step.changes or told[step.sha, path] > 1:
        return whole
    if step.moves.get(path) not in one.paths:
        if across := across_move(history.line, path, step.sha):
            return [Held(*across)]
        if path in step.moves:  # the move goes, too
            return [*whole, Held(commit.sha, parent, step.moves[path])]
    others = {sha for sha, each in told if each == path}
    if holder := keeper(history.line, path, step.sha, others):
        return [Held(commit.sha, holder, path)]
    return whole if step.changes[path][0] == before else [Held(commit.sha, step.parents[0], path)]
