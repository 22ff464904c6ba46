"""Reading which commits of a stage take back work of another: what they say, what they put back.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/reversals.py`; this asks git for what they judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from multigit.adapters.git_changes import Changes, between, changed, commits_in, moved, since_fork
from multigit.adapters.git_line import (
    OwnCommit,
    brought_by,
    read_line,
    read_own_commits,
    read_tips,
)
from multigit.adapters.git_process import GitDoor
from multigit.core import reversals
from multigit.core.reversals import ABSENT, Step
from multigit.core.snapshot import Evidence, Reversal, Tip

MERGES = 50  # of the stage's own are looked into for work that they dropped

Told = Counter[tuple[str, str]]  # how many reversals tell of a path, by the step that brought them


def read_reversals(door: GitDoor, earlier: Tip, later: Tip, merged: str) -> tuple[Reversal, ...]:
    """Return the later side's own commits through which `merged` lacks work of the earlier one.

    `merged` is the tree of their merge, with markers where that conflicts. One that was itself
    taken back later does not count. Newest first.
    """
    if not merged or merged == earlier.tree:
        return ()
    own = read_own_commits(door, earlier.sha, later.sha)
    if not own:
        return ()
    return _Search(door, earlier.sha, later.sha, merged, own).reversals()


class _Search:
    """What was read for one merge. The rarer a fact is needed, the later it is asked for."""

    def __init__(
        self, door: GitDoor, earlier: str, later: str, merged: str, own: Mapping[str, OwnCommit]
    ) -> None:
        self._door, self._earlier, self._own = door, earlier, own
        self._differing = frozenset(changed(door, merged, earlier))
        self._tips = read_tips(door, later, own)
        self._line = read_line(door, later, own, self._tips, self._differing)
        self._unexplained = reversals.untouched_by(self._line, self._differing)
        self._moved = frozenset[str]()
        if self._unexplained:
            left = changed(door, later, earlier)
            self._moved = frozenset(path for path in left if left[path][1] == ABSENT)
        if self._moved:
            paths = self._differing | self._moved
            self._line = read_line(door, later, own, self._tips, paths)
        self._brought = brought_by(self._line, own)
        self._step_of = {
            commit.sha: step for step in self._line for commit in self._brought[step.sha]
        }
        self._accepted = {
            sha: commit.sha
            for commit in own.values()
            for sha in reversals.accepted_in(commit.message)
        }

    def reversals(self) -> tuple[Reversal, ...]:
        """Return what is lost, with the commits that have it."""
        found: dict[str, list[Reversal]] = {}
        told = Told()
        for part in self._found():
            found.setdefault(part.sha, []).append(part)
            step = self._step_of.get(part.sha)
            told.update((step.sha, path) for path in part.paths if step)
        ones = (reversals.joined(found[sha]) for sha in self._own if sha in found)
        return tuple(self._with_kept(one, told) for one in ones)

    def _found(self) -> list[Reversal]:
        """Return what is lost: first by the ids that messages name, then by content."""
        named = {each.sha: each for each in self._by_id()}
        found = [*named.values()]
        for step, paths in self._by_content():
            inner = [named[c.sha] for c in self._brought[step.sha] if c.sha in named]
            known = {path for each in inner for path in each.paths}
            if rest := tuple(path for path in paths if path not in known):
                found.append(self._described(step, rest))
        known = {path for each in found for path in each.paths}
        found += self._dropped(self._unexplained - known)
        effective = {path for each in found if not self._is_idle(each) for path in each.paths}
        return [each for each in found if not (self._is_idle(each) and effective >= {*each.paths})]

    def _is_idle(self, one: Reversal) -> bool:
        """Tell whether a merge brought a commit whose paths were on the line as it left them."""
        step = self._step_of.get(one.sha)
        return step is not None and step.sha != one.sha and not step.changes.keys() & {*one.paths}

    def _by_id(self) -> list[Reversal]:
        """Return the commits whose message names what they revert, by commit ids."""
        taken_back: set[str] = set()
        found = []
        for commit in self._own.values():
            if commit.sha in taken_back or len(commit.parents) > 1:
                continue
            lost: set[str] = set()
            spans = reversals.reverted_spans(commit.message)
            for span in spans:
                work = commits_in(self._door, span)
                taken_back |= work
                lost |= work - commits_in(self._door, span, without=self._earlier)
            if not lost:
                continue
            meant = self._of(commit).keys() & {
                p for span in spans for p in between(self._door, span)
            }
            step = self._step_of.get(commit.sha)
            at = step.sha if step else commit.sha
            left = {p for p in meant if not reversals.forward_again(self._line, p, at)}
            if paths := self._lossy(left):
                found.append(self._reversal(commit, paths, lost=len(lost)))
        return found

    def _by_content(self) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield the commits of the line that put paths back, and those that say that they do."""
        returned = reversals.returned(self._line)
        for step in self._line:
            paths = self._lossy(returned.get(step.sha, ()))
            if paths and step.tips:
                asked = {p for tip in step.tips for p in since_fork(self._door, step, tip)}
                paths = tuple(path for path in paths if path not in asked)
            if not paths and not step.brings and (spoken := self._spoken_of(step, without_id=True)):
                rewritten = reversals.rewritten(self._line, step.sha)
                paths = self._lossy(path for path in rewritten if path in spoken)
            if paths := self._without_moved(step, paths):
                yield step, paths

    def _dropped(self, left: frozenset[str]) -> Iterator[Reversal]:
        """Yield the merges that took nothing of work which only their other side had changed."""
        merges = [step for step in self._line if step.tips]
        for step in merges[-MERGES:]:
            for tip in step.tips:
                offered = since_fork(self._door, step, tip) if left else {}
                if not left & offered.keys():
                    continue
                lacking = changed(self._door, tip, step.sha)
                if paths := reversals.dropped(left, step, offered, lacking):
                    left -= {*paths}
                    yield replace(self._described(step, paths), kept=((step.sha, tip, paths),))

    def _spoken_of(self, step: Step, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, in what a step brought, that say that they revert.

        With `without_id` not of those that name a commit which is known here.
        """
        paths = set[str]()
        for commit in self._brought[step.sha]:
            if not reversals.says_so(commit.message):
                continue
            spans = reversals.reverted_spans(commit.message)
            if not (without_id and any(commits_in(self._door, span) for span in spans)):
                paths |= self._of(commit).keys()
        return paths

    def _of(self, commit: OwnCommit) -> Changes:
        """Return what a commit changed; nothing for a first one."""
        return changed(self._door, commit.parents[0], commit.sha) if commit.parents else {}

    def _lossy(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths that come out of the merge otherwise than the earlier stage has them.

        One that the earlier stage does not have any more counts where something comes out otherwise
        at a path that no commit of the line touched: git carried it there, after a rename.
        """
        lossy = self._differing | self._moved
        return tuple(sorted(path for path in paths if path in lossy))

    def _without_moved(self, step: Step, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what the commit only moved elsewhere, unless it is back where it was."""
        if all(step.changes[path][1] for path in paths):
            return paths
        places = moved(self._door, step)
        return tuple(path for path in paths if places.get(path, path) in paths)

    def _described(self, step: Step, paths: tuple[str, ...]) -> Reversal:
        commit = self._own[step.sha]
        kind = Evidence.NAMED if self._spoken_of(step) & {*paths} else Evidence.CONTENT
        one = self._reversal(commit, paths, kind=kind)
        accepted = one.accepted
        if reversals.accepted_in(commit.message):  # a back-merge that a person let pass
            accepted = accepted or step.sha
        deletes = all(path in step.changes and step.changes[path][1] == ABSENT for path in paths)
        slight = deletes and len(paths) == 1 and self._is_slight(step, paths[0])
        return replace(one, deletes=deletes, slight=slight, accepted=accepted)

    def _is_slight(self, step: Step, path: str) -> bool:
        """Tell whether a deleted file was older than the work, or the work brought others, too.

        To take back work in an older file is to put that back, not to delete it.
        """
        work = reversals.brought(self._line, path, step.sha)
        if work is None or not reversals.was_absent(self._line, path, step.sha):
            return work is not None
        if work.tips:  # a branch may have had commits of its own
            return any(since_fork(self._door, work, tip).keys() - {path} for tip in work.tips)
        return bool(changed(self._door, work.parents[0], work.sha).keys() - {path})

    def _with_kept(self, one: Reversal, told: Told) -> Reversal:
        """Add the commits that have the work; none where to revert the commit brings back all."""
        commit, every = self._own[one.sha], self._of(self._own[one.sha])
        has = {path: holder for _, holder, paths in one.kept for path in paths}
        kept: dict[tuple[str, str], list[str]] = {}
        for path in one.paths:
            holder = has.get(path) or self._holder(commit, path, every[path][0], told)
            kept.setdefault((one.sha, holder), []).append(path)
        for path in one.paths:
            for step in reversals.undone(self._line, path, one.sha):
                kept.setdefault((step.sha, step.parents[0]), []).append(path)
        if kept.keys() == {(one.sha, commit.parents[0])} and every.keys() == {*one.paths}:
            return replace(one, kept=())
        return replace(one, kept=tuple((*pair, tuple(paths)) for pair, paths in kept.items()))

    def _holder(self, commit: OwnCommit, path: str, before: str, told: Told) -> str:
        """Return the commit that has the work of a path: the parent, unless some was gone there.

        Of several that one merge brought, each brings back its own part.
        """
        step, parent = self._step_of.get(commit.sha), commit.parents[0]
        if step is None or path not in step.changes or told[step.sha, path] > 1:
            return parent
        others = {sha for sha, each in told if each == path}
        if holder := reversals.keeper(self._line, path, step.sha, others):
            return holder
        return parent if step.changes[path][0] == before else step.parents[0]

    def _reversal(
        self,
        commit: OwnCommit,
        paths: tuple[str, ...],
        *,
        lost: int = 0,
        kind: Evidence = Evidence.NAMED,
    ) -> Reversal:
        return Reversal(
            commit.sha,
            commit.subject,
            lost,
            kind,
            author=commit.author,
            paths=paths,
            is_merge=len(commit.parents) > 1,
            accepted=self._accepted.get(commit.sha, ""),
        )
