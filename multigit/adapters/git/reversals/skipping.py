"""What of a commit of the line only reverts work, so that the stage can be seen without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from multigit.adapters.git.changes import UNKNOWN, Changes, changed
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.history import History, Notes
from multigit.adapters.git.reversals.line import SEARCHED, read_line
from multigit.core.lineage.keepers import before_work, last_work, was_absent
from multigit.core.lineage.line import ABSENT, LineCommit
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import reapplied_in, rolled_back_to
from multigit.core.values.commits import Commit
from multigit.core.values.merge import Evidence, Reversal


def declared(history: History) -> Iterator[Reversal]:
    """Yield the commits of the line whose trailer says that they restore an earlier one.

    They revert everything since, also what the earlier stage never had.
    """
    for step in history.line:
        commit = history.own.get(step.sha)
        to = rolled_back_to(commit.message) if commit and step.parents else ""
        if commit and to:
            back = _as_in(history.door, to, step, history.changes_of(commit))
            if back:
                yield history.reversal(commit, tuple(sorted(back)))


def with_step(history: History, reversal: Reversal, notes: Notes) -> Reversal:
    """Add the commit of the line that brought a reversal, and which of its paths only revert work.

    A path counts as reverted if it is exactly as before that work, or if only the lines of the work
    went back. What a merge left out cannot be put back by doing without that merge, nor should a
    move be undone, unless it moved the work back. If the commit restores all files of an earlier
    one, it reverts everything since, whatever else that was.
    """
    commit, step = history.own[reversal.sha], history.step_of(reversal.sha)
    reversal = replace(reversal, time=commit.time)
    if step is None or not step.parents:
        return replace(reversal, mixed=reversal.paths)
    changes = history.changes_of(history.own[step.sha])
    reversal, named = replace(reversal, step=step.sha), rolled_back_to(commit.message)
    to = (named if step.sha == commit.sha else "") or _earlier_with_tree(history, step)
    back = _as_in(history.door, to, step, changes) if to else set[str]()
    if to and (back == changes.keys() or not reversal.lost):
        reversal = _counted(history, reversal, step, to)
    noted = {path for sha, path in notes if sha in {reversal.sha, step.sha}} - back
    reverted = {path for path in reversal.paths if path in changes}
    if reversal.sha != step.sha:
        inner = history.changes_of(commit)
        noted |= {path for path in reverted if inner.get(path) != changes[path]} - back
    moves = {new for new, old in step.moves.items() if old not in reverted}
    noted |= (reverted & moves) - back
    if reversal.kind is Evidence.NAMED:
        noted |= {path for path in reverted if _only_deleted(history, step, path)} - back
    back |= reverted - noted
    more, of_work = _others(history, step, changes.keys() - back, reverted)
    back |= more - noted
    in_the_way = _in_the_way(changes, back)
    back -= in_the_way
    rest = changes.keys() - back
    left_out = {*reversal.paths} - changes.keys()
    return replace(
        reversal,
        back=tuple(sorted(back)),
        rest=tuple(sorted(rest)),
        mixed=tuple(sorted((reverted & noted) | (rest & of_work) | left_out | in_the_way)),
    )


def _only_deleted(history: History, step: LineCommit, path: str) -> bool:
    """Return whether a commit deleted a file that was older than the work.

    To revert work in such a file is to restore it.
    """
    if path not in step.changes or step.changes[path][1] != ABSENT or path in step.moves.values():
        return False
    work = last_work(history.line, path, step.sha)
    return work is not None and not was_absent(history.line, path, step.sha)


def _in_the_way(changes: Changes, back: Collection[str]) -> set[str]:
    """Return the paths that cannot come back beside what else the commit made.

    It made a folder where there was a file, or a file where there was a folder.
    """
    before = {path for path in back if changes[path][0] != ABSENT}
    others = {path for path in changes if path not in back and changes[path][1] != ABSENT}
    below = {path for path in before if others & _folders(path)}
    return below | (before & {folder for path in others for folder in _folders(path)})


def _folders(path: str) -> set[str]:
    return {str(folder) for folder in PurePosixPath(path).parents}


def _earlier_with_tree(history: History, step: LineCommit) -> str:
    """Return the last earlier commit of the line with the tree of a commit; or empty.

    Only one since which work was brought: otherwise just own commits were reverted.
    """
    at = next(at for at, (sha, _) in enumerate(history.trees) if sha == step.sha)
    (_, tree), *older = history.trees[at : at + SEARCHED]
    brings = {each.sha for each in history.line if each.brings}
    brought = False
    for sha, its in older:
        if brought and its == tree:
            return sha
        brought = brought or sha in brings
    return ""


def _as_in(door: GitDoor, to: str, step: LineCommit, paths: Collection[str]) -> set[str]:
    """Return the paths whose content is that of an earlier commit; none if the clone lacks it."""
    if door.run("cat-file", "-e", f"{to}^{{commit}}", accept=(0, 1, UNKNOWN)).status:
        return set()
    return {*paths} - changed(door, to, step.sha).keys()


def _counted(history: History, reversal: Reversal, step: LineCommit, to: str) -> Reversal:
    """Add how many commits of the earlier stage were reverted, and the others that were, too.

    Commits that rolled back or brought back something are left out of these.
    """
    listing = ("rev-list", "--no-merges", step.parents[0], f"^{to}", "--")
    done = history.door.run(*listing, accept=(0, UNKNOWN))
    reverted = done.text.split() if done.status == 0 else []
    own = [history.own[sha] for sha in reverted if sha in history.own]
    besides = tuple(
        Commit(each.sha, each.time, each.author, each.subject)
        for each in own
        if not rolled_back_to(each.message) and not reapplied_in(each.message)
    )
    return replace(reversal, lost=len(reverted) - len(own), besides=besides)


def _others(
    history: History, step: LineCommit, paths: Collection[str], reverted: Collection[str]
) -> tuple[set[str], set[str]]:
    """Return which other paths of a commit are back as well, and which had work since then.

    In the latter the commit may have reverted work, too, among other changes.
    """
    if not paths:
        return set(), set()
    line = read_line(history.door, history.later, history.own, history.tips, paths)
    exact = {*returned(line).get(step.sha, ())} & {*paths}
    starts = {before_work(history.line, path, step.sha) for path in reverted} - {""}
    since = next((at for at, each in enumerate(line) if {*each.parents[:1]} & starts), 0)
    end = next((at for at, each in enumerate(line) if each.sha == step.sha), len(line))
    of_work = {path for each in line[since:end] if each.brings for path in each.changes}
    return exact, of_work - exact
