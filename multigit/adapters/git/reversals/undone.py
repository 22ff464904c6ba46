"""Roll-backs that a later roll-back undid, because it restored a newer state than they had left.

As if no roll-back had been made, neither of them was: left out alone, the later one would expose
the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from multigit.adapters.git.changes import Changes, changed
from multigit.adapters.git.reversals.history import History
from multigit.adapters.git.reversals.line import read_line
from multigit.core.lineage.line import LineCommit
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import reapplied_in, reverted_spans, says_revert
from multigit.core.values.merge import Reversal


def undone_by(history: History, found: Sequence[Reversal]) -> tuple[Reversal, ...]:
    """Return the commits of the line that say that they revert work, and that one of these undid.

    What such a commit reverted is judged as of that commit: what came later undid it.
    """
    known = {reversal.step: reversal for reversal in found}
    places = {step.sha: at for at, step in enumerate(history.line)}
    last = max((places.get(sha, 0) for sha in known), default=0)
    suspects = [
        step
        for step in history.line[:last]
        if step.sha not in known and step.parents and _says_so(history, step)
    ]
    if not suspects:
        return ()
    door = history.door
    changes = {each.sha: changed(door, f"{each.sha}^1", each.sha) for each in suspects}
    later = {sha: changed(door, f"{sha}^1", sha) for sha in known if sha}
    undone = [
        each
        for each in suspects
        if any(
            _undoes(changes[each.sha], later[sha])
            for sha in later
            if places[each.sha] < places.get(sha, 0)
        )
    ]
    paths = {path for each in undone for path in changes[each.sha]}
    line = read_line(door, history.later, history.own, history.tips, paths) if undone else ()
    back = {each.sha: _back_then(line, each.sha) for each in undone}
    return tuple(
        _reversal(history, sha, paths, changes[sha].keys() - {*paths})
        for sha, paths in back.items()
        if paths
    )


def _back_then(line: Sequence[LineCommit], sha: str) -> tuple[str, ...]:
    """Return the paths that a commit of the line reverted, whatever came later."""
    end = next((at + 1 for at, step in enumerate(line) if step.sha == sha), 0)
    return returned(line[:end]).get(sha, ())


def _undoes(changes: Changes, later: Changes) -> bool:
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


def _says_so(history: History, step: LineCommit) -> bool:
    """Return whether a commit, or one that it brought, says that it reverts work."""
    messages = [commit.message for commit in history.brought(step)]
    if any(reapplied_in(message) for message in messages):
        return False
    return any(says_revert(each) or reverted_spans(each) for each in messages)
