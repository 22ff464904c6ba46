"""Commits of the line that put paths back to what these were before work came, by content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from multigit.adapters.git.changes import hunks, moved, since_fork
from multigit.adapters.git.reversals.history import Held, History, Notes
from multigit.core.lineage.hunks import only_puts_back, puts_back
from multigit.core.lineage.keepers import before_each_work, before_work, brought
from multigit.core.lineage.line import Step
from multigit.core.lineage.returns import returned, rewritten
from multigit.core.lineage.revert_messages import says_so
from multigit.core.values.merge import Reversal

BASES = 10  # earlier contents of a file are compared with one that is like none of them


@dataclass(frozen=True, slots=True)
class ByContent:
    """Looks through the line of a history, and notes what has the work alone.

    `named` are the reversals that messages name, by commit.
    """

    history: History
    named: Mapping[str, Reversal]
    notes: Notes
    _unlike: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """How many lines of each path differ, by base and step."""

    def found(self) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield the commits of the line that put paths back, and those that say that they do.

        Where there is one, the others count, too, in which it took back work among other things.
        """
        back = returned(self.history.line)
        for step in self.history.line:
            lossy = self.history.lossy(back.get(step.sha, ()))
            asked = self._asked_for(step) if lossy and step.tips else set[str]()
            exact = self._without_moved(step, tuple(path for path in lossy if path not in asked))
            inner = self.history.inner(step, self.named)
            known = {*exact, *(path for each in inner for path in each.paths)}
            said = () if exact or step.brings else self._as_it_says(step)
            more = self._in_part_beside(step, known, known | {*said} | asked)
            if paths := (*exact, *said, *more):
                yield step, tuple(sorted(paths))

    # Paths that are exactly as they were before

    def _asked_for(self, step: Step) -> set[str]:
        """Return the paths that a merge was asked to change by what it merged."""
        return {p for tip in step.tips for p in since_fork(self.history.door, step, tip)}

    def _without_moved(self, step: Step, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what the commit only moved elsewhere, unless it is back where it was."""
        if not step.tips or all(step.changes[path][1] for path in paths):
            return paths
        places = moved(self.history.door, step.parents[0], step.sha)
        return tuple(path for path in paths if places.get(path, path) in paths)

    # Paths of a commit that says that it reverts, and names nothing that is known here

    def _as_it_says(self, step: Step) -> tuple[str, ...]:
        """Return the paths of which a commit says, or somebody whose work it brought, that it does.

        What the commit does not say itself has to be seen at least in part.
        """
        spoken = self.history.spoken_of(step, without_id=True)
        if not spoken:
            return ()
        changed = rewritten(self.history.line, step.sha)
        paths = self.history.lossy(path for path in changed if path in spoken)
        back = self._in_part_of_any(step, paths)  # notes, too, what has the work alone
        if says_so(self.history.own[step.sha].message):
            return paths
        return tuple(path for path in paths if path in back)

    def _in_part_of_any(self, step: Step, paths: Iterable[str]) -> set[str]:
        """Return the paths in which a commit took back a part of the work before it."""
        groups: dict[str, set[str]] = {}
        for path in paths:
            groups.setdefault(self._nearest(step, path), set()).add(path)
        return {p for base, group in groups.items() for p in self._in_part(step, base, group)}

    # Paths of a commit that is known to take work back, in which it did so among other things

    def _in_part_beside(
        self, step: Step, known: Collection[str], without: set[str]
    ) -> tuple[str, ...]:
        """Return more paths, beside those that are known, of work that is as old as theirs."""
        since = self._since(step, known)
        if not since:
            return ()
        left = {*self.history.lossy(rewritten(self.history.line, step.sha))} - without
        return self._in_part(step, since, left)

    def _since(self, step: Step, paths: Collection[str]) -> str:
        """Return the oldest commit of before the work that a commit took back in these paths."""
        line, found = self.history.line, set[str]()
        for path in paths:
            before = before_work(line, path, step.sha)
            work = None if before else brought(line, path, step.sha)
            found |= {before} if before else {*(work.parents[:1] if work else ())}
        parents = (each.parents[0] for each in line if each.parents)
        return next((sha for sha in parents if sha in found), "")

    def _in_part(self, step: Step, since: str, paths: Collection[str]) -> tuple[str, ...]:
        """Return the paths in which a commit took back a part of the work that came since then.

        Note what has the work alone where it did more than that.
        """
        if not since:
            return ()
        work = hunks(self.history.door, since, step.parents[0], paths)
        then = hunks(self.history.door, step.parents[0], step.sha, paths)
        found = [p for p in paths if puts_back(work.get(p, ()), then.get(p, ()))]
        for path in found:
            if not only_puts_back(work[path], then[path]):
                base = self._nearest(step, path) or since
                self.notes[step.sha, path] = [Held(base, step.parents[0], path)]
        return tuple(found)

    def _nearest(self, step: Step, path: str) -> str:
        """Return the commit of before some work in a path that a step comes nearest to."""

        def unlike(base: str) -> int:
            if (base, step.sha) not in self._unlike:  # asked once for all paths of the step
                found = hunks(self.history.door, base, step.sha, step.changes)
                self._unlike[base, step.sha] = {
                    path: sum(len(each.removed) + len(each.added) for each in parts)
                    for path, parts in found.items()
                }
            return self._unlike[base, step.sha].get(path, 0)

        bases = before_each_work(self.history.line, path, step.sha)[:BASES]
        return min(bases, key=unlike, default="")
