"""What was read of one merge: the later side's line, and where the earlier one's work is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from multigit.adapters.git.changes import Changes, changed, commits_in, moved
from multigit.adapters.git.line import OwnCommit, brought_by, read_line, read_tips
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.line import ABSENT, Step, guessed, untouched_by, with_moves
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import accepted_in, reverted_spans, says_so
from multigit.core.values.merge import Evidence, Reversal

MOVES = 10  # of one file, one after the other, are followed


@dataclass(frozen=True, slots=True)
class Held:
    """Work in a path: a commit that lacks it, and one that has it."""

    lacking: str
    having: str
    path: str


Notes = dict[tuple[str, str], list[Held]]  # what alone has the work, by commit and path


class History:
    """One merge of two sides. The rarer a fact is needed, the later it is asked for.

    `own` are the later side's own commits, `line` are the steps of its first parents, `unexplained`
    the paths in which work is lost though no own commit touched them.
    """

    def __init__(
        self,
        door: GitDoor,
        sides: tuple[str, str],
        merged: str,
        own: Mapping[str, OwnCommit],
        conflicts: Collection[str],
    ) -> None:
        self.door, self.own = door, own
        self.earlier, self._later = sides
        self._conflicts = frozenset(conflicts)
        self._differing = frozenset(changed(door, merged, self.earlier))
        self._tips = read_tips(door, self._later, own)
        self._moved = frozenset[str]()
        self.line = self._read_line()
        self.unexplained = untouched_by(self.line, self._differing)
        if self.unexplained:
            left = changed(door, self._later, self.earlier)
            self._moved = frozenset(path for path in left if left[path][1] == ABSENT)
        if self._moved:
            self.line = self._read_line()
        self._follow_moves()
        self._brought = brought_by(self.line, own)
        self._step_of = {
            commit.sha: step for step in self.line for commit in self._brought[step.sha]
        }
        self._accepted = {
            sha: commit.sha for commit in own.values() for sha in accepted_in(commit.message)
        }

    def _read_line(self) -> tuple[Step, ...]:
        paths = self._differing | self._moved | self._conflicts
        return read_line(self.door, self._later, self.own, self._tips, paths)

    def _follow_moves(self) -> None:
        """Find out what own commits moved; git is asked where a file with work in it vanished."""
        known: dict[str, Mapping[str, str]] = {}
        for _ in range(MOVES):
            self.line = with_moves(self.line, known)
            gone = self._gone()
            steps = [step for step in self.line if step.sha in gone and step.sha not in known]
            asked = {step.sha: moved(self.door, step.parents[0], step.sha) for step in steps}
            places = {asked[sha][path] for sha in asked for path in gone[sha] & asked[sha].keys()}
            if more := places - self._differing - self._moved - self._conflicts:
                self._moved |= more
                self.line = self._read_line()
            known |= asked
            if not asked:
                break

    def _gone(self) -> dict[str, frozenset[str]]:
        """Return by own commit the files with work that seem to be gone with it."""
        back = returned(self.line)
        gone: dict[str, frozenset[str]] = {}
        for step in self.line:
            lossy = self.lossy(back.get(step.sha, ()))
            paths = frozenset(path for path in lossy if step.changes[path][1] == ABSENT)
            if not step.brings and (paths or guessed(step)):
                gone[step.sha] = paths
        return gone

    def lossy(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths that come out of the merge otherwise than the earlier stage has them.

        One that the earlier stage does not have any more counts where something comes out otherwise
        at a path that no commit of the line touched: git carried it there, after a rename.
        """
        lossy = self._differing | self._moved
        found = {path for path in paths if path in lossy}
        # What conflicts beside it is decided by a person, who need not see what went there.
        return tuple(sorted(found | ({*paths} & self._conflicts if found else set())))

    def step_of(self, sha: str) -> Step | None:
        """Return the step of the line that brought an own commit; None where none did."""
        return self._step_of.get(sha)

    def inner(self, step: Step, named: Mapping[str, Reversal]) -> list[Reversal]:
        """Return those of the named reversals that came with a step."""
        return [named[each.sha] for each in self._brought[step.sha] if each.sha in named]

    def changes_of(self, commit: OwnCommit) -> Changes:
        """Return what a commit changed; nothing for a first one."""
        return changed(self.door, commit.parents[0], commit.sha) if commit.parents else {}

    def spoken_of(self, step: Step, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, in what a step brought, that say that they revert.

        With `without_id` not of those that name a commit which is known here.
        """
        paths = set[str]()
        for commit in self._brought[step.sha]:
            if not says_so(commit.message):
                continue
            spans = reverted_spans(commit.message)
            if not (without_id and any(commits_in(self.door, span) for span in spans)):
                paths |= self.changes_of(commit).keys()
        return paths

    def reversal(
        self,
        commit: OwnCommit,
        paths: tuple[str, ...],
        *,
        lost: int = 0,
        kind: Evidence = Evidence.NAMED,
    ) -> Reversal:
        """Return a commit as one that takes work back in these paths."""
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
