"""The search for work that a merge would lose: by ids, by content, and in what merges dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from multigit.adapters.git.changes import changed, since_fork
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.by_content import ByContent
from multigit.adapters.git.reversals.by_id import by_id
from multigit.adapters.git.reversals.exposing import with_exposed
from multigit.adapters.git.reversals.history import History, Notes
from multigit.adapters.git.reversals.kept import with_kept
from multigit.adapters.git.reversals.line import has_restores, read_own_commits
from multigit.adapters.git.reversals.skipping import declared, with_step
from multigit.adapters.git.reversals.undone import undone_by
from multigit.core.lineage.keepers import last_work, was_absent
from multigit.core.lineage.line import ABSENT, LineCommit
from multigit.core.lineage.returns import dropped, joined
from multigit.core.lineage.revert_messages import accepted_in, reapplied_in
from multigit.core.values.commits import Tip
from multigit.core.values.merge import Evidence, Reversal

MERGES = 50  # of the stage's own that are searched for dropped work


def read_reversals(
    door: GitDoor, earlier: Tip, later: Tip, merged: str, conflicts: Collection[str] = ()
) -> tuple[Reversal, ...]:
    """Return the later side's own commits through which `merged` lacks work of the earlier one.

    `merged` is the tree of their merge, with markers in the paths of `conflicts`. A commit that was
    itself reverted later does not count. Newest first.

    Not found is a revert that names no commit if the earlier stage has given up all of the work
    itself: nothing of that is lost. What it reverted of the later stage's own stays reverted.
    """
    if not merged or (merged == earlier.tree and not has_restores(door, earlier.sha, later.sha)):
        return ()
    own = read_own_commits(door, earlier.sha, later.sha)
    if not own:
        return ()
    history, notes = History(door, (earlier.sha, later.sha), merged, own, conflicts), Notes()
    parts: dict[str, list[Reversal]] = {}
    counts = defaultdict[str, Counter[str]](Counter)
    effective, idle = _parts(history, notes)
    for part in effective:
        parts.setdefault(part.sha, []).append(part)
        if step := history.step_of(part.sha):
            for path in part.paths:
                counts[path][step.sha] += 1
    again = {sha for commit in own.values() for sha in reapplied_in(commit.message)}
    found = [joined(parts[sha]) for sha in own if sha in parts and sha not in again]
    found = [with_kept(history, reversal, counts, notes) for reversal in found]
    found = [with_step(history, reversal, notes) for reversal in found]
    undone = undone_by(history, found)
    known = {each.step for each in (*found, *undone)} | again | history.reapplying
    found = [with_exposed(history, reversal, idle, known) for reversal in found]
    return (*found, *undone)


def _parts(history: History, notes: Notes) -> tuple[list[Reversal], list[Reversal]]:
    """Return what is lost: first by the ids that messages name, then by content.

    Apart from these, what others had already reverted when it was merged.
    """
    said = {reversal.sha: reversal for reversal in declared(history)}
    named = {each.sha: each for each in by_id(history, notes) if each.sha not in said} | said
    parts = [*named.values()]
    for step, paths in ByContent(history, named, notes).steps():
        explained = {path for part in history.inner(step, named) for path in part.paths}
        if rest := tuple(path for path in paths if path not in explained):
            parts.append(_described(history, step, rest))
    explained = {path for part in parts for path in part.paths}
    parts += _dropped(history, history.unexplained - explained)
    idle = [part for part in parts if _is_idle(history, part)]
    effective = {path for part in parts if part not in idle for path in part.paths}
    idle = [part for part in idle if effective >= {*part.paths}]
    return [part for part in parts if part not in idle], idle


def _is_idle(history: History, part: Reversal) -> bool:
    """Return whether a merge brought a commit, but the line already had its paths like that."""
    step = history.step_of(part.sha)
    return step is not None and step.sha != part.sha and not step.changes.keys() & {*part.paths}


def _dropped(history: History, unexplained: frozenset[str]) -> Iterator[Reversal]:
    """Yield the merges that dropped work which only their other side had changed."""
    merges = [step for step in history.line if step.tips]
    for step in merges[-MERGES:]:
        for tip in step.tips:
            offered = since_fork(history.door, step, tip) if unexplained else {}
            if not unexplained & offered.keys():
                continue
            lacking = changed(history.door, tip, step.sha)
            if paths := dropped(unexplained, step, offered, lacking):
                unexplained -= {*paths}
                yield replace(_described(history, step, paths), kept=((step.sha, tip, paths),))


def _described(history: History, step: LineCommit, paths: tuple[str, ...]) -> Reversal:
    """Return a commit of the line as one that reverts work, with what its message says of that."""
    commit = history.own[step.sha]
    kind = Evidence.NAMED if history.claimed_paths(step) & {*paths} else Evidence.CONTENT
    reversal = history.reversal(commit, paths, kind=kind)
    accepted = reversal.accepted
    if accepted_in(commit.message):  # a back-merge that a person accepted
        accepted = accepted or step.sha
    deletes = all(path in step.changes and step.changes[path][1] == ABSENT for path in paths)
    slight = deletes and len(paths) == 1 and _is_slight(history, step, paths[0])
    return replace(reversal, deletes=deletes, slight=slight, accepted=accepted)


def _is_slight(history: History, step: LineCommit, path: str) -> bool:
    """Return whether a deleted file was older than the work, or the work brought others, too.

    To revert work in an older file is to restore that file, not to delete it.
    """
    work = last_work(history.line, path, step.sha)
    if work is None or not was_absent(history.line, path, step.sha):
        return work is not None
    if work.tips:  # a branch may have had commits of its own
        return any(since_fork(history.door, work, tip).keys() - {path} for tip in work.tips)
    return bool(changed(history.door, work.parents[0], work.sha).keys() - {path})
