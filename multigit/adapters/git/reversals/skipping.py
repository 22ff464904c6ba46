"""What of a commit of the line only reverts work, so that the stage can be seen without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from multigit.adapters.git.changes import changed
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.history import History, Notes
from multigit.adapters.git.reversals.line import StageCommit, read_line
from multigit.core.lineage.keepers import before_work
from multigit.core.lineage.line import LineCommit
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import rolled_back_to
from multigit.core.values.commits import Commit
from multigit.core.values.merge import Reversal

UNKNOWN = 128  # git's exit status for a commit that the clone does not have


def with_step(history: History, reversal: Reversal, notes: Notes) -> Reversal:
    """Add the commit of the line that brought a reversal, and which of its paths only revert work.

    A path counts as reverted if it is exactly as before that work, or if only the lines of the work
    went back. If all files are as they were at an earlier commit, the commit reverts everything
    since, whatever else that was.
    """
    commit, step = history.own[reversal.sha], history.step_of(reversal.sha)
    reversal = replace(reversal, time=commit.time)
    if step is None or not step.parents:
        return replace(reversal, mixed=reversal.paths)
    changes = changed(history.door, step.parents[0], step.sha)
    if whole := _restored(history, commit, step):
        return _counted(history, replace(reversal, step=step.sha, back=tuple(changes)), step, whole)
    noted = {path for sha, path in notes if sha in {reversal.sha, step.sha}}
    reverted = {path for path in reversal.paths if path in changes}
    if reversal.sha != step.sha:
        inner = history.changes_of(commit)
        noted |= {path for path in reverted if inner.get(path) != changes[path]}
    back = reverted - noted
    more, of_work = _others(history, step, changes.keys() - back, reverted)
    back |= more - noted
    rest = changes.keys() - back
    mixed = (reverted & noted) | (rest & of_work)
    return replace(
        reversal,
        step=step.sha,
        back=tuple(sorted(back)),
        rest=tuple(sorted(rest)),
        mixed=tuple(sorted(mixed)),
    )


def _restored(history: History, commit: StageCommit, step: LineCommit) -> str:
    """Return the earlier commit of the line whose tree a commit restores, or empty.

    Its trailer names it, or else work was brought to the line since.
    """
    door, named = history.door, rolled_back_to(commit.message)
    if named and commit.sha == step.sha and _same_tree(door, named, step.sha):
        return named
    done = door.run(
        *("rev-list", "--first-parent", "--no-commit-header", "--format=%H %T"), step.sha, "--"
    )
    rows = [line.split(" ") for line in done.text.split("\n") if line]
    brings = {each.sha for each in history.line if each.brings}
    brought = False
    for sha, tree in rows[1:]:
        if brought and tree == rows[0][1]:
            return sha
        brought = brought or sha in brings
    return ""


def _same_tree(door: GitDoor, one: str, other: str) -> bool:
    done = door.run("rev-parse", f"{one}^{{tree}}", f"{other}^{{tree}}", accept=(0, UNKNOWN))
    trees = done.text.split()
    return done.status == 0 and trees[0] == trees[1]


def _counted(history: History, reversal: Reversal, step: LineCommit, to: str) -> Reversal:
    """Add how many commits of the earlier stage were reverted, and the others that were, too."""
    listing = ("rev-list", "--no-merges", step.parents[0], f"^{to}", "--")
    reverted = history.door.run(*listing).text.split()
    besides = tuple(
        Commit(each.sha, each.time, each.author, each.subject)
        for sha in reverted
        if (each := history.own.get(sha))
    )
    return replace(reversal, lost=len(reverted) - len(besides), besides=besides)


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
