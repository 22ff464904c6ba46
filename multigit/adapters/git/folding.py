"""The tree of a stage as if some commits of its line had never been made.

Every other commit of the line is applied again, one after the other, on what is left of those
before it. That is the same three-way merge that `git cherry-pick` makes, and a commit whose
predecessors are all there is taken as it is. Reverting the unwanted commits instead would be wrong:
one may have reverted what another one also did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.changes import UNKNOWN, Changes, changed, moved, read_commits
from multigit.adapters.git.objects import MakesObjects
from multigit.adapters.git.paths import terminated
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.line import StageCommit, read_own_commits, read_tips
from multigit.adapters.git.settings import index_in
from multigit.core.lineage.conflicts import conflict_lines
from multigit.core.lineage.line import ABSENT
from multigit.core.lineage.revert_messages import reapplied_in
from multigit.core.values.commits import Commit, Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.core.values.merge import Folded, Skip

PARENTS_OF_A_MERGE = 2
PLACES = 10  # files whose conflicts are looked at
_FORM = "--format=%x01%H %T %P"
_NOBODY = {  # makes commits that are never published, also where no one is configured
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "multigit"), ("EMAIL", "multigit"), ("DATE", "@0 +0000"))
}


@dataclass(frozen=True, slots=True)
class LineStep:
    """A first-parent commit of the line, with its tree and what it changed."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    changes: Changes


class FoldsStages(MakesObjects):
    """Finds out what a stage would be without some of its commits."""

    def commit_tree(self, tree: str, parent: str, signature: Signature | None) -> str:
        """Make a commit of a tree; without a signature one that is never published."""
        if signature:
            return self._commit_object(tree, (parent,), signature)
        made = self._door.run("commit-tree", tree, "-p", parent, input=b"", environment=_NOBODY)
        return made.text.strip()

    def fold(self, earlier: Tip, later: Tip, skips: Sequence[Skip]) -> Folded:
        """Return the tree of the later stage without some changes of its line.

        The line are the first-parent commits that the earlier stage lacks.
        """
        door = self._door
        own = read_own_commits(door, earlier.sha, later.sha)
        line, left_out = _read_line(door, earlier, later), {each.commit: each for each in skips}
        start = next(at for at, step in enumerate(line) if step.sha in left_out)
        tree = base = self._tree(line[start].parents[0])
        for step in line[start:]:
            skip = left_out.get(step.sha)
            merged = None if skip else self._merge_again(step, tree, base)
            merged = merged or self._replay(step, tree, base, self._without(step, base, skip))
            if merged.conflicted:
                places = tuple(self._places(merged))
                return Folded("", _commit(own[step.sha]), merged.conflicts, places)
            tree, base = merged.tree, step.tree
        return Folded(tree, own=frozenset(_own_paths(door, line, own, left_out, earlier)))

    def _replay(self, step: LineStep, tree: str, base: str, wanted: str) -> Merged:
        """Apply what leads from the tree `base` to `wanted` to another tree."""
        if wanted in {base, tree}:
            return Merged(tree=tree)
        if tree == base:
            return Merged(tree=wanted)
        parent = step.parents[0]
        ours = self.commit_tree(tree, parent, None)
        theirs = step.sha if wanted == step.tree else self.commit_tree(wanted, parent, None)
        return self._merge_tree(Tip(ours, tree), Tip(theirs, wanted))

    def _merge_again(self, step: LineStep, tree: str, base: str) -> Merged | None:
        """Make a merge again on another tree; None if it is none, or was not made by git alone.

        What it brought may already be missing in its first parent, so that is not all in what it
        changed there.
        """
        if len(step.parents) != PARENTS_OF_A_MERGE or tree == base:
            return None
        here, there = (Tip(sha, "") for sha in step.parents)
        made = self._merge_tree(here, there)
        if made.conflicted or made.tree != step.tree:
            return None
        return self._merge_tree(Tip(self.commit_tree(tree, here.sha, None), tree), there)

    def _without(self, step: LineStep, base: str, skip: Skip | None) -> str:
        """Return the tree of a step in which some paths are as they were before it."""
        if skip is None:
            return step.tree
        if not skip.paths:
            return base
        before = {path: step.changes[path][0] for path in skip.paths if path in step.changes}
        gone = [f"0 {'0' * len(step.sha)}\t{path}" for path in before]
        there = [f"{content}\t{path}" for path, content in before.items() if content != ABSENT]
        with scratch_folder() as folder:
            index = index_in(folder)
            self._door.run("read-tree", step.sha, environment=index)
            entries = terminated([*gone, *there])
            self._door.run("update-index", "-z", "--index-info", input=entries, environment=index)
            return self._door.run("write-tree", environment=index).text.strip()

    def _places(self, merged: Merged) -> Iterator[tuple[str, int, int]]:
        """Yield the places of the conflicts of a merge, as its files have them."""
        for path in merged.conflicts[:PLACES]:
            name = f"{merged.tree}:{path}"
            done = self._door.run("cat-file", "blob", name, accept=(0, UNKNOWN))
            yield from ((path, *lines) for lines in conflict_lines(done.text))

    def _tree(self, commit: str) -> str:
        return self._door.run("rev-parse", f"{commit}^{{tree}}").text.strip()


def _read_line(door: GitDoor, earlier: Tip, later: Tip) -> list[LineStep]:
    """Read the first-parent commits that the earlier stage lacks, oldest first."""
    done = door.run(
        *("log", "-z", "--first-parent", "--diff-merges=first-parent", "--raw", "--no-renames"),
        *("--root", "--ignore-submodules=none", "--no-abbrev", "--no-show-signature", _FORM),
        *(later.sha, f"^{earlier.sha}", "--"),
    )
    steps = []
    for head, changes in read_commits(done.fields()):
        sha, tree, *parents = head.split()
        steps.append(LineStep(sha, tree, tuple(parents), changes))
    return steps[::-1]


def _own_paths(
    door: GitDoor,
    line: Iterable[LineStep],
    own: Mapping[str, StageCommit],
    left_out: Mapping[str, Skip],
    earlier: Tip,
) -> Iterator[str]:
    """Yield the paths that the stage's own commits changed, by their names on both stages.

    Of a merge that brought work, those that are like in none of its parents. Not what only brought
    back what was rolled back.
    """
    steps = list(line)
    tips = read_tips(door, steps[-1].sha, own) if steps else {}
    paths = set[str]()
    for step in steps:
        skip = left_out.get(step.sha)
        if (skip and not skip.paths) or reapplied_in(own[step.sha].message):
            continue
        found = step.changes.keys() - {*(skip.paths if skip else ())}
        if step.sha in tips:
            for tip in tips[step.sha]:
                found &= changed(door, tip, step.sha).keys()
        paths |= found
    yield from paths
    if paths and steps[0].parents:  # a line that began by itself had none of these before
        names = moved(door, steps[0].parents[0], earlier.sha)
        yield from (new for old, new in names.items() if old in paths)


def _commit(commit: StageCommit) -> Commit:
    return Commit(commit.sha, commit.time, commit.author, commit.subject)
