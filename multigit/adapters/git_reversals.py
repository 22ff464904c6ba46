"""Reading which commits of a stage take back work of another: what they say, what they put back.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/reversals.py`; this asks git for what they judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from multigit.adapters.git_changes import Changes, between, changed, commits_in, moved, since_fork
from multigit.adapters.git_line import OwnCommit, read_line, read_own_commits, read_tips
from multigit.adapters.git_process import GitDoor
from multigit.core import reversals
from multigit.core.reversals import ABSENT, Step
from multigit.core.snapshot import Evidence, Reversal, Tip

MERGES = 50  # of the stage's own are looked into for work that they dropped


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
        self._accepted = {
            sha: commit.sha
            for commit in own.values()
            for sha in reversals.accepted_in(commit.message)
        }

    def reversals(self) -> tuple[Reversal, ...]:
        """Return what is lost: first by the ids that messages name, then by content."""
        named = {each.sha: each for each in self._by_id()}
        found = [*named.values()]
        for step, paths in self._by_content():
            brought = [named[c.sha] for c in self._brought_by(step) if c.sha in named]
            known = {path for each in brought for path in each.paths}
            if rest := tuple(path for path in paths if path not in known):
                found.append(self._described(step, rest))
        known = {path for each in found for path in each.paths}
        found += self._dropped(self._unexplained - known)
        order = {sha: place for place, sha in enumerate(self._own)}
        unique = {each.sha: each for each in reversed(found)}
        return tuple(sorted(unique.values(), key=lambda each: order[each.sha]))

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
            changes = self._of(commit)
            meant = changes.keys() & {p for span in spans for p in between(self._door, span)}
            left = {p for p in meant if not reversals.forward_again(self._line, p, commit.sha)}
            if paths := self._lossy(left):
                one = self._reversal(commit, paths, lost=len(lost))
                whole = left == changes.keys()
                found.append(one if whole else replace(one, kept=((commit.parents[0], paths),)))
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
                    yield replace(self._described(step, paths), kept=((tip, paths),))

    def _spoken_of(self, step: Step, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, in what a step brought, that say that they revert.

        With `without_id` not of those that name a commit which is known here.
        """
        paths = set[str]()
        for commit in self._brought_by(step):
            if not reversals.says_so(commit.message):
                continue
            spans = reversals.reverted_spans(commit.message)
            if not (without_id and any(commits_in(self._door, span) for span in spans)):
                paths |= self._of(commit).keys()
        return paths

    def _brought_by(self, step: Step) -> Iterator[OwnCommit]:
        """Yield the commit of the line, and the stage's own ones that it merged."""
        open_, seen = [step.sha], {step.parents[0] if step.parents else ""}
        while open_:
            commit = self._own.get(sha := open_.pop())
            if commit and sha not in seen:
                seen.add(sha)
                open_ += commit.parents
                yield commit

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
        every = changed(self._door, step.parents[0], step.sha)
        kept: dict[str, list[str]] = {}
        for path in paths:
            holder = reversals.keeper(self._line, path, step.sha) or step.parents[0]
            kept.setdefault(holder, []).append(path)
        one = self._reversal(commit, paths, kind=kind)
        if kept.keys() != {step.parents[0]} or every.keys() != {*paths}:
            one = replace(one, kept=tuple((holder, tuple(has)) for holder, has in kept.items()))
        accepted = one.accepted
        if reversals.accepted_in(commit.message):  # a back-merge that a person let pass
            accepted = accepted or step.sha
        deletes = all(path in every and every[path][1] == ABSENT for path in paths)
        slight = deletes and len(paths) == 1 and self._part_of_more(step, paths[0])
        return replace(one, deletes=deletes, slight=slight, accepted=accepted)

    def _part_of_more(self, step: Step, path: str) -> bool:
        """Tell whether the work that brought a path, before this commit, brought others, too."""
        work = reversals.brought(self._line, path, step.sha)
        if work is None:
            return False
        if work.tips:  # a branch may have had commits of its own
            return any(since_fork(self._door, work, tip).keys() - {path} for tip in work.tips)
        return bool(changed(self._door, work.parents[0], work.sha).keys() - {path})

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
