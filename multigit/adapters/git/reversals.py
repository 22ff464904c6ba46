"""Reading which commits of a stage take back work of another: what they say, what they put back.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/lineage`; this asks git for what they judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from multigit.adapters.git.changes import (
    Changes,
    between,
    changed,
    commits_in,
    hunks,
    moved,
    since_fork,
)
from multigit.adapters.git.line import (
    OwnCommit,
    brought_by,
    read_line,
    read_own_commits,
    read_tips,
)
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage import keepers, line, returns, revert_messages
from multigit.core.lineage.hunks import only_puts_back, puts_back
from multigit.core.lineage.line import ABSENT, Step
from multigit.core.lineage.revert_messages import Span
from multigit.core.values.snapshot import Evidence, Reversal, Tip

MOVES = 10  # of one file, one after the other, are followed
BASES = 10  # earlier contents of a file are compared with one that is like none of them
MERGES = 50  # of the stage's own are looked into for work that they dropped

Told = Counter[tuple[str, str]]  # how many reversals tell of a path, by the step that brought them


@dataclass(frozen=True, slots=True)
class Held:
    """Work in a path: a commit that lacks it, and one that has it."""

    lacking: str
    having: str
    path: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a message says was reverted in a path, and the content of before that."""

    span: Span
    path: str
    before: str


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
    return _Search(door, (earlier.sha, later.sha), merged, own, conflicts).reversals()


class _Search:
    """What was read for one merge. The rarer a fact is needed, the later it is asked for."""

    def __init__(
        self,
        door: GitDoor,
        sides: tuple[str, str],
        merged: str,
        own: Mapping[str, OwnCommit],
        conflicts: Collection[str],
    ) -> None:
        self._door, self._own = door, own
        self._earlier, self._later = sides
        self._conflicts = frozenset(conflicts)
        self._differing = frozenset(changed(door, merged, self._earlier))
        self._tips = read_tips(door, self._later, own)
        self._moved = frozenset[str]()
        self._line = self._read_line()
        self._unexplained = line.untouched_by(self._line, self._differing)
        if self._unexplained:
            left = changed(door, self._later, self._earlier)
            self._moved = frozenset(path for path in left if left[path][1] == ABSENT)
        if self._moved:
            self._line = self._read_line()
        self._follow_moves()
        self._held: dict[tuple[str, str], list[Held]] = {}
        self._unlike: dict[tuple[str, str], Mapping[str, int]] = {}  # lines, by base and step
        self._brought = brought_by(self._line, own)
        self._step_of = {
            commit.sha: step for step in self._line for commit in self._brought[step.sha]
        }
        self._accepted = {
            sha: commit.sha
            for commit in own.values()
            for sha in revert_messages.accepted_in(commit.message)
        }

    def _read_line(self) -> tuple[Step, ...]:
        paths = self._differing | self._moved | self._conflicts
        return read_line(self._door, self._later, self._own, self._tips, paths)

    def _follow_moves(self) -> None:
        """Find out what own commits moved; git is asked where a file with work in it vanished."""
        known: dict[str, Mapping[str, str]] = {}
        for _ in range(MOVES):
            self._line = line.with_moves(self._line, known)
            gone = self._gone()
            steps = [step for step in self._line if step.sha in gone and step.sha not in known]
            asked = {step.sha: moved(self._door, step.parents[0], step.sha) for step in steps}
            places = {asked[sha][path] for sha in asked for path in gone[sha] & asked[sha].keys()}
            if more := places - self._differing - self._moved - self._conflicts:
                self._moved |= more
                self._line = self._read_line()
            known |= asked
            if not asked:
                break

    def _gone(self) -> dict[str, frozenset[str]]:
        """Return by own commit the files with work that seem to be gone with it."""
        returned = returns.returned(self._line)
        gone: dict[str, frozenset[str]] = {}
        for step in self._line:
            lossy = self._lossy(returned.get(step.sha, ()))
            paths = frozenset(path for path in lossy if step.changes[path][1] == ABSENT)
            if not step.brings and (paths or line.guessed(step)):
                gone[step.sha] = paths
        return gone

    def reversals(self) -> tuple[Reversal, ...]:
        """Return what is lost, with the commits that have it."""
        found: dict[str, list[Reversal]] = {}
        told = Told()
        for part in self._found():
            found.setdefault(part.sha, []).append(part)
            step = self._step_of.get(part.sha)
            told.update((step.sha, path) for path in part.paths if step)
        ones = (returns.joined(found[sha]) for sha in self._own if sha in found)
        return tuple(self._with_kept(one, told) for one in ones)

    def _found(self) -> list[Reversal]:
        """Return what is lost: first by the ids that messages name, then by content."""
        named = {each.sha: each for each in self._by_id()}
        found = [*named.values()]
        for step, paths in self._by_content(named):
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
            spans = revert_messages.reverted_spans(commit.message)
            for span in spans:
                work = commits_in(self._door, span)
                taken_back |= work
                lost |= work - commits_in(self._door, span, without=self._earlier)
            if not lost:
                continue
            meant = self._meant(commit, spans)
            step = self._step_of.get(commit.sha)
            at = step.sha if step else commit.sha
            left = {p for p in meant if not returns.forward_again(self._line, p, at)}
            if paths := self._lossy(left):
                found.append(self._reversal(commit, paths, lost=len(lost)))
                self._note_mixed(commit, at, {path: meant[path] for path in paths})
        return found

    def _meant(self, commit: OwnCommit, spans: Collection[Span]) -> dict[str, list[Work]]:
        """Return the paths of a commit in which it reverts these spans, as it says, oldest first.

        Where the reverted file has another name by now, git changed it there.
        """
        changes, meant = self._of(commit), dict[str, list[Work]]()
        for span in reversed([*spans]):
            work = between(self._door, span)
            places = {path: path for path in work if path in changes}
            if work.keys() - places.keys() and changes.keys() - places.keys():
                places = moved(self._door, span.newer, commit.parents[0]) | places
            for path, place in places.items():
                if path in work and place in changes:
                    meant.setdefault(place, []).append(Work(span, path, work[path][0]))
        return meant

    def _note_mixed(self, commit: OwnCommit, at: str, meant: Mapping[str, list[Work]]) -> None:
        """Note what has the work alone, for each path in which a revert did more than that."""
        after = {path: content for path, (_, content) in self._of(commit).items()}
        unlike = {
            path: works
            for path, works in meant.items()
            if after[path] not in {work.before for work in works}
            and not keepers.before_work(self._line, path, at)
        }
        then = hunks(self._door, commit.parents[0], commit.sha, unlike)
        spans: dict[Span, set[str]] = {}
        for each in chain.from_iterable(unlike.values()):
            spans.setdefault(each.span, set()).add(each.path)
        work = {
            span: hunks(self._door, span.older, span.newer, paths) for span, paths in spans.items()
        }
        for path, works in unlike.items():
            done = [hunk for each in works for hunk in work[each.span].get(each.path, ())]
            if not only_puts_back(done, then.get(path, ())):
                held = [Held(each.span.older, each.span.newer, each.path) for each in works]
                self._held[commit.sha, path] = held

    def _by_content(self, named: Mapping[str, Reversal]) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield the commits of the line that put paths back, and those that say that they do.

        Where there is one, the others count, too, in which it took back work among other things.
        """
        returned = returns.returned(self._line)
        for step in self._line:
            asked = set[str]()
            paths = self._lossy(returned.get(step.sha, ()))
            if paths and step.tips:
                asked = {p for tip in step.tips for p in since_fork(self._door, step, tip)}
                paths = tuple(path for path in paths if path not in asked)
            paths = self._without_moved(step, paths)
            inner = [named[each.sha] for each in self._brought[step.sha] if each.sha in named]
            known = {*paths, *(path for each in inner for path in each.paths)}
            if not paths and not step.brings and (spoken := self._spoken_of(step, without_id=True)):
                rewritten = returns.rewritten(self._line, step.sha)
                paths = self._lossy(path for path in rewritten if path in spoken)
                sure = revert_messages.says_so(self._own[step.sha].message)
                back = self._in_part_of_any(step, paths)
                paths = tuple(path for path in paths if sure or path in back)
            if since := self._since(step, known):
                rewritten = returns.rewritten(self._line, step.sha)
                known |= {*paths} | asked
                paths += self._in_part(step, since, {*self._lossy(rewritten)} - known)
            if paths:
                yield step, tuple(sorted(paths))

    def _since(self, step: Step, paths: Collection[str]) -> str:
        """Return the oldest commit of before the work that a commit took back in these paths."""
        found = set[str]()
        for path in paths:
            before = keepers.before_work(self._line, path, step.sha)
            work = None if before else keepers.brought(self._line, path, step.sha)
            found |= {before} if before else {*(work.parents[:1] if work else ())}
        parents = (each.parents[0] for each in self._line if each.parents)
        return next((sha for sha in parents if sha in found), "")

    def _in_part_of_any(self, step: Step, paths: Iterable[str]) -> set[str]:
        """Return the paths in which a commit took back a part of the work before it."""
        groups: dict[str, set[str]] = {}
        for path in paths:
            groups.setdefault(self._nearest(step, path), set()).add(path)
        return {p for base, group in groups.items() for p in self._in_part(step, base, group)}

    def _in_part(self, step: Step, since: str, paths: Collection[str]) -> tuple[str, ...]:
        """Return the paths in which a commit took back a part of the work that came since then.

        Note what has the work alone where it did more than that.
        """
        if not since:
            return ()
        work = hunks(self._door, since, step.parents[0], paths)
        then = hunks(self._door, step.parents[0], step.sha, paths)
        found = [p for p in paths if puts_back(work.get(p, ()), then.get(p, ()))]
        for path in found:
            if not only_puts_back(work[path], then[path]):
                base = self._nearest(step, path) or since
                self._held[step.sha, path] = [Held(base, step.parents[0], path)]
        return tuple(found)

    def _nearest(self, step: Step, path: str) -> str:
        """Return the commit of before some work in a path that a step comes nearest to."""

        def unlike(base: str) -> int:
            if (base, step.sha) not in self._unlike:  # asked once for all paths of the step
                found = hunks(self._door, base, step.sha, step.changes)
                self._unlike[base, step.sha] = {
                    path: sum(len(each.removed) + len(each.added) for each in parts)
                    for path, parts in found.items()
                }
            return self._unlike[base, step.sha].get(path, 0)

        bases = keepers.before_each_work(self._line, path, step.sha)[:BASES]
        return min(bases, key=unlike, default="")

    def _dropped(self, left: frozenset[str]) -> Iterator[Reversal]:
        """Yield the merges that took nothing of work which only their other side had changed."""
        merges = [step for step in self._line if step.tips]
        for step in merges[-MERGES:]:
            for tip in step.tips:
                offered = since_fork(self._door, step, tip) if left else {}
                if not left & offered.keys():
                    continue
                lacking = changed(self._door, tip, step.sha)
                if paths := returns.dropped(left, step, offered, lacking):
                    left -= {*paths}
                    yield replace(self._described(step, paths), kept=((step.sha, tip, paths),))

    def _spoken_of(self, step: Step, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, in what a step brought, that say that they revert.

        With `without_id` not of those that name a commit which is known here.
        """
        paths = set[str]()
        for commit in self._brought[step.sha]:
            if not revert_messages.says_so(commit.message):
                continue
            spans = revert_messages.reverted_spans(commit.message)
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
        found = {path for path in paths if path in lossy}
        # What conflicts beside it is decided by a person, who need not see what went there.
        return tuple(sorted(found | ({*paths} & self._conflicts if found else set())))

    def _without_moved(self, step: Step, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what the commit only moved elsewhere, unless it is back where it was."""
        if not step.tips or all(step.changes[path][1] for path in paths):
            return paths
        places = moved(self._door, step.parents[0], step.sha)
        return tuple(path for path in paths if places.get(path, path) in paths)

    def _described(self, step: Step, paths: tuple[str, ...]) -> Reversal:
        commit = self._own[step.sha]
        kind = Evidence.NAMED if self._spoken_of(step) & {*paths} else Evidence.CONTENT
        one = self._reversal(commit, paths, kind=kind)
        accepted = one.accepted
        if revert_messages.accepted_in(commit.message):  # a back-merge that a person let pass
            accepted = accepted or step.sha
        deletes = all(path in step.changes and step.changes[path][1] == ABSENT for path in paths)
        slight = deletes and len(paths) == 1 and self._is_slight(step, paths[0])
        return replace(one, deletes=deletes, slight=slight, accepted=accepted)

    def _is_slight(self, step: Step, path: str) -> bool:
        """Tell whether a deleted file was older than the work, or the work brought others, too.

        To take back work in an older file is to put that back, not to delete it.
        """
        work = keepers.brought(self._line, path, step.sha)
        if work is None or not keepers.was_absent(self._line, path, step.sha):
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
            if path in has:
                held = [Held(one.sha, has[path], path)]
            else:
                held = self._held.get((one.sha, path), []) or self._holders(one, path, told)
            for each in held:
                kept.setdefault((each.lacking, each.having), []).append(each.path)
        for path in one.paths:
            for step in keepers.undone(self._line, path, one.sha):
                kept.setdefault((step.sha, step.parents[0]), []).append(path)
        if kept.keys() == {(one.sha, commit.parents[0])} and every.keys() == {*one.paths}:
            return replace(one, kept=())
        there = {  # those that are brought back where there are none have no other name
            path
            for (lacking, _), paths in kept.items()
            for path in paths
            if lacking != one.sha or every.get(path, ("", ""))[1] != ABSENT
        }
        now = {path: line.present_name(self._line, path) for path in sorted(there)}
        return replace(
            one,
            kept=tuple((*pair, tuple(paths)) for pair, paths in kept.items()),
            moved=tuple((path, new) for path, new in now.items() if new != path),
        )

    def _holders(self, one: Reversal, path: str, told: Told) -> list[Held]:
        """Return what has the work of a path: the parent, unless some was gone there.

        Of several that one merge brought, each brings back its own part.
        """
        commit = self._own[one.sha]
        before, parent = self._of(commit)[path][0], commit.parents[0]
        step, whole = self._step_of.get(commit.sha), [Held(commit.sha, parent, path)]
        if step is None or path not in step.changes or told[step.sha, path] > 1:
            return whole
        if step.moves.get(path) not in one.paths:
            if across := keepers.across_move(self._line, path, step.sha):
                return [Held(*across)]
            if path in step.moves:  # the move goes, too
                return [*whole, Held(commit.sha, parent, step.moves[path])]
        others = {sha for sha, each in told if each == path}
        if holder := keepers.keeper(self._line, path, step.sha, others):
            return [Held(commit.sha, holder, path)]
        return (
            whole if step.changes[path][0] == before else [Held(commit.sha, step.parents[0], path)]
        )

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
