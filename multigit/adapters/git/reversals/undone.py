"""Roll-backs that a later roll-back undid, because it restored a newer state than they had left.

As if no roll-back had been made, neither of them was: left out alone, the later one would expose
the earlier one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from multigit.adapters.git.changes import Changes, moved
from multigit.adapters.git.reversals.history import History
from multigit.adapters.git.reversals.line import read_line
from multigit.core.lineage.keepers import last_work
from multigit.core.lineage.line import ABSENT, LineCommit, with_moves
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import reapplied_in
from multigit.core.values.merge import Reversal


def undone_by(history: History, found: Sequence[Reversal]) -> tuple[Reversal, ...]:
    """Return the stage's own commits of the line that reverted work, and that one of these undid.

    Also those that do not say so: that was undone on purpose. What they reverted is judged as of
    that commit.
    """
    later = {each.step: history.changes_of(history.own[each.step]) for each in found if each.step}
    paths = {path for changes in later.values() for path in changes}
    line = _read(history, paths) if later else ()
    places = {step.sha: at for at, step in enumerate(line)}
    undone = [
        step.sha
        for at, step in enumerate(line)
        if not step.brings
        and step.parents
        and step.sha not in later
        and any(at < places.get(sha, 0) and _undoes(step.changes, later[sha]) for sha in later)
    ]
    again = {sha for each in history.own.values() for sha in reapplied_in(each.message)}
    undone = [
        sha for sha in undone if sha not in again and not reapplied_in(history.own[sha].message)
    ]
    if not undone:
        return ()
    changes = {sha: history.changes_of(history.own[sha]) for sha in undone}
    line = _read(history, {path for each in changes.values() for path in each})
    line = with_moves(line, {sha: _moved(history, sha, changes[sha]) for sha in undone})
    back = {sha: _back_then(line, sha) for sha in undone}
    return tuple(
        _reversal(history, sha, paths, changes[sha].keys() - {*paths})
        for sha, paths in back.items()
        if paths
    )


def _moved(history: History, sha: str, changes: Changes) -> dict[str, str]:
    """Return what a commit moved: that is not gone, so the commit reverted no work in it."""
    gone = any(after == ABSENT for _, after in changes.values())
    return moved(history.door, f"{sha}^1", sha) if gone else {}


def _read(history: History, paths: Collection[str]) -> tuple[LineCommit, ...]:
    return read_line(history.door, history.later, history.own, history.tips, paths)


def _back_then(line: Sequence[LineCommit], sha: str) -> tuple[str, ...]:
    """Return the paths that a commit of the line reverted, whatever came later."""
    end = next((at + 1 for at, step in enumerate(line) if step.sha == sha), 0)
    back = returned(line[:end]).get(sha, ())
    return tuple(path for path in back if not _has_work(line, path, sha))


def _has_work(line: Sequence[LineCommit], path: str, sha: str) -> bool:
    """Return whether a commit left a path as the work did, such as a deletion made again."""
    work = last_work(line, path, sha)
    after = next(step.changes[path][1] for step in line if step.sha == sha)
    return work is not None and work.changes[path][1] == after


def _undoes(changes: Mapping[str, tuple[str, str]], later: Changes) -> bool:
    """Return whether a later commit restored what an earlier one had changed."""
    return any(path in later and later[path][1] == before for path, (before, _) in changes.items())


def _reversal(history: History, sha: str, back: Sequence[str], rest: Iterable[str]) -> Reversal:
    commit, paths = history.own[sha], tuple(back)
    return Reversal(
        sha,
        commit.subject,
        author=commit.author,
        paths=paths,
        step=sha,
        back=paths,
        rest=tuple(sorted(rest)),
        undone=True,
    )
