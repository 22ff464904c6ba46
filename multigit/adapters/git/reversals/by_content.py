"""Commits of the line that restore paths to their content before some work, by content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from multigit.adapters.git.changes import hunks, mode_of, moved, since_fork
from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.core.lineage.hunks import only_puts_back, puts_back
from multigit.core.lineage.keepers import before_each_work, before_work, last_work
from multigit.core.lineage.line import LineCommit
from multigit.core.lineage.returns import returned, rewritten
from multigit.core.lineage.revert_messages import says_revert
from multigit.core.values.merge import Reversal

BASES = 10  # earlier contents of a file that are compared with one that equals none of them


@dataclass(frozen=True, slots=True)
class ByContent:
    """Searches the line of a history, and adds to the notes.

    `named` are the reversals that messages name, by commit.
    """

    history: History
    named: Mapping[str, Reversal]
    notes: Notes
    _unlike: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """How many lines of each path differ, by base and step."""

    def steps(self) -> Iterator[tuple[LineCommit, tuple[str, ...]]]:
        """Yield the commits of the line that restore paths, or claim to, and those paths.

        For such a commit, paths count too in which it reverted work among other changes.
        """
        back = returned(self.history.line)
        for step in self.history.line:
            lossy = self.history.lossy(back.get(step.sha, ()))
            offers = (since_fork(self.history.door, step, tip) for tip in step.tips if lossy)
            offered = {path for offer in offers for path in offer}  # by the other sides of a merge
            exact = self._without_moved(step, tuple(path for path in lossy if path not in offered))
            inner = self.history.inner(step, self.named)
            certain = {*exact, *(path for reversal in inner for path in reversal.paths)}
            claimed = () if exact or step.brings else self._as_claimed(step)
            partial = self._in_part_beside(step, certain, certain | {*claimed} | offered)
            if paths := (*exact, *claimed, *partial):
                yield step, tuple(sorted(paths))

    # Paths that are exactly as they were before

    def _without_moved(self, step: LineCommit, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what the commit only moved, unless to where it was before."""
        if not step.tips or all(step.changes[path][1] for path in paths):
            return paths
        places = moved(self.history.door, step.parents[0], step.sha)
        return tuple(path for path in paths if places.get(path, path) in paths)

    # Paths of a commit that claims to revert, and names no commit that the clone has

    def _as_claimed(self, step: LineCommit) -> tuple[str, ...]:
        """Return the paths that a commit, or one that it brought, claims to revert.

        If the commit does not claim it itself, the content has to show it at least in part.
        """
        claimed = self.history.claimed_paths(step, without_id=True)
        if not claimed:
            return ()
        changed = rewritten(self.history.line, step.sha)
        paths = self.history.lossy(path for path in changed if path in claimed)
        shown = self._in_part_of_any(step, paths)  # adds to the notes, too
        self.notes.update({(step.sha, path): [] for path in paths if path not in shown})
        if says_revert(self.history.own[step.sha].message):
            return paths
        return tuple(path for path in paths if path in shown)

    def _in_part_of_any(self, step: LineCommit, paths: Iterable[str]) -> set[str]:
        """Return the paths in which a commit reverted a part of the work before it."""
        groups: dict[str, set[str]] = {}
        for path in paths:
            groups.setdefault(self._nearest(step, path), set()).add(path)
        return {p for base, group in groups.items() for p in self._in_part(step, base, group)}

    # Paths of a commit that is known to revert work, in which it did so among other changes

    def _in_part_beside(
        self, step: LineCommit, certain: Collection[str], without: set[str]
    ) -> tuple[str, ...]:
        """Return more paths, beside the certain ones, with reverted work as old as theirs."""
        since = self._since(step, certain) if certain else ""
        if not since:
            return ()
        candidates = {*self.history.lossy(rewritten(self.history.line, step.sha))} - without
        return self._in_part(step, since, candidates)

    def _since(self, step: LineCommit, paths: Collection[str]) -> str:
        """Return the oldest commit before the work that a commit reverted in these paths."""
        line, bases = self.history.line, set[str]()
        for path in paths:
            before = before_work(line, path, step.sha)
            work = None if before else last_work(line, path, step.sha)
            bases |= {before} if before else {*(work.parents[:1] if work else ())}
        parents = (earlier.parents[0] for earlier in line if earlier.parents)
        return next((sha for sha in parents if sha in bases), "")

    def _in_part(self, step: LineCommit, since: str, paths: Collection[str]) -> tuple[str, ...]:
        """Return the paths in which a commit reverted a part of the work since another commit.

        If it did more than that in a path, add to the notes.
        """
        if not since:
            return ()
        work = hunks(self.history.door, since, step.parents[0], paths)
        reverting = hunks(self.history.door, step.parents[0], step.sha, paths)
        reverted = [p for p in paths if puts_back(work.get(p, ()), reverting.get(p, ()))]
        for path in reverted:
            modes = {mode_of(content) for content in step.changes[path]}
            if len(modes) > 1 or not only_puts_back(work[path], reverting[path]):
                base = self._nearest(step, path) or since
                self.notes[step.sha, path] = [Held(base, step.parents[0], path)]
        return tuple(reverted)

    def _nearest(self, step: LineCommit, path: str) -> str:
        """Return, of the commits before some work in a path, the one that a step is most like."""

        def unlike(base: str) -> int:
            if (base, step.sha) not in self._unlike:  # read once for all paths of the step
                differences = hunks(self.history.door, base, step.sha, step.changes)
                self._unlike[base, step.sha] = {
                    path: sum(len(hunk.removed) + len(hunk.added) for hunk in parts)
                    for path, parts in differences.items()
                }
            return self._unlike[base, step.sha].get(path, 0)

        bases = before_each_work(self.history.line, path, step.sha)[:BASES]
        return min(bases, key=unlike, default="")
