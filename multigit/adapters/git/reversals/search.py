"""The search for what one merge would lose: by ids, by content, and in what merges dropped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from multigit.adapters.git.changes import changed, since_fork
from multigit.adapters.git.line import read_own_commits
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.by_content import ByContent
from multigit.adapters.git.reversals.by_id import by_id
from multigit.adapters.git.reversals.history import History, Notes
from multigit.adapters.git.reversals.kept import Told, with_kept
from multigit.core.lineage.keepers import brought, was_absent
from multigit.core.lineage.line import ABSENT, Step
from multigit.core.lineage.returns import dropped, joined
from multigit.core.lineage.revert_messages import accepted_in
from multigit.core.values.commits import Tip
from multigit.core.values.merge import Evidence, Reversal

MERGES = 50  # of the stage's own are looked into for work that they dropped


def read_reversals(
    door: GitDoor, earlier: Tip, later: Tip, merged: str, conflicts: Collection[str] = ()
) -> tuple[Reversal, ...]:
    """Return the later side's own commits through which `merged` lacks work of the earlier one.

    `merged` is the tree of their merge, with markers where that conflicts, in the paths that
    `conflicts` names. One that was itself taken back later does not count. Newest first.
    """
    if not merged or merged == earlier.tree:
        return ()
    own = read_own_commits(door, earlier.sha, later.sha)
    if not own:
        return ()
    history, notes = History(door, (earlier.sha, later.sha), merged, own, conflicts), Notes()
    found: dict[str, list[Reversal]] = {}
    told = Told()
    for part in _found(history, notes):
        found.setdefault(part.sha, []).append(part)
        step = history.step_of(part.sha)
        told.update((step.sha, path) for path in part.paths if step)
    ones = (joined(found[sha]) for sha in own if sha in found)
    return tuple(with_kept(history, one, told, notes) for one in ones)


def _found(history: History, notes: Notes) -> list[Reversal]:
    """Return what is lost: first by the ids that messages name, then by content."""
    named = {each.sha: each for each in by_id(history, notes)}
    found = [*named.values()]
    for step, paths in ByContent(history, named, notes).found():
        known = {path for each in history.inner(step, named) for path in each.paths}
        if rest := tuple(path for path in paths if path not in known):
            found.append(_described(history, step, rest))
    known = {path for each in found for path in each.paths}
    found += _dropped(history, history.unexplained - known)
    idle = [each for each in found if _is_idle(history, each)]
    effective = {path for each in found if each not in idle for path in each.paths}
    return [each for each in found if not (each in idle and effective >= {*each.paths})]


def _is_idle(history: History, one: Reversal) -> bool:
    """Tell whether a merge brought a commit whose paths were on the line as it left them."""
    step = history.step_of(one.sha)
    return step is not None and step.sha != one.sha and not step.changes.keys() & {*one.paths}


def _dropped(history: History, left: frozenset[str]) -> Iterator[Reversal]:
    """Yield the merges that took nothing of work which only their other side had changed."""
    merges = [step for step in history.line if step.tips]
    for step in merges[-MERGES:]:
        for tip in step.tips:
            offered = since_fork(history.door, step, tip) if left else {}
            if not left & offered.keys():
                continue
            lacking = changed(history.door, tip, step.sha)
            if paths := dropped(left, step, offered, lacking):
                left -= {*paths}
                yield replace(_described(history, step, paths), kept=((step.sha, tip, paths),))


def _described(history: History, step: Step, paths: tuple[str, ...]) -> Reversal:
    """Return a commit of the line as one that takes work back, with what it says of that."""
    commit = history.own[step.sha]
    kind = Evidence.NAMED if history.spoken_of(step) & {*paths} else Evidence.CONTENT
    one = history.reversal(commit, paths, kind=kind)
    accepted = one.accepted
    if accepted_in(commit.message):  # a back-merge that a person let pass
        accepted = accepted or step.sha
    deletes = all(path in step.changes and step.changes[path][1] == ABSENT for path in paths)
    slight = deletes and len(paths) == 1 and _is_slight(history, step, paths[0])
    return replace(one, deletes=deletes, slight=slight, accepted=accepted)


def _is_slight(history: History, step: Step, path: str) -> bool:
    """Tell whether a deleted file was older than the work, or the work brought others, too.

    To take back work in an older file is to put that back, not to delete it.
    """
    work = brought(history.line, path, step.sha)
    if work is None or not was_absent(history.line, path, step.sha):
        return work is not None
    if work.tips:  # a branch may have had commits of its own
        return any(since_fork(history.door, work, tip).keys() - {path} for tip in work.tips)
    return bool(changed(history.door, work.parents[0], work.sha).keys() - {path})
