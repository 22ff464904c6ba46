"""The facts of one merge: the later side's line, and the paths in which work is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from multigit.adapters.git.changes import Changes, changed, commits_in, moved
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.line import (
    SEARCHED,
    StageCommit,
    brought_by,
    read_line,
    read_tips,
)
from multigit.core.lineage.line import (
    ABSENT,
    LineCommit,
    PathEvent,
    guessed,
    threads_of,
    untouched_by,
    with_moves,
)
from multigit.core.lineage.returns import returned
from multigit.core.lineage.revert_messages import (
    accepted_in,
    reapplied_in,
    reverted_spans,
    says_revert,
)
from multigit.core.values.merge import Evidence, Reversal

MOVES = 10  # that are followed, one after the other, for each file


@dataclass(frozen=True, slots=True)
class Held:
    """Work in a path: a commit that lacks it, and one that has it."""

    lacking: str
    having: str
    path: str


# By reverting commit and path: pairs that differ only in the work, if the commit did more.
Notes = dict[tuple[str, str], list[Held]]


class History:
    """One merge of two sides. Facts that are seldom needed are read last.

    `own` are the later side's own commits, `reapplying` those that bring back what others rolled
    back, `line` the steps of its first parents, `tips` what these merged of the earlier side,
    `unexplained` the paths in which work is lost though no own commit touched them.
    """

    def __init__(
        self,
        door: GitDoor,
        sides: tuple[str, str],
        merged: str,
        own: Mapping[str, StageCommit],
        conflicts: Collection[str],
    ) -> None:
        self.door, self.own = door, own
        self.reapplying = frozenset(c.sha for c in own.values() if reapplied_in(c.message))
        self.earlier, self.later = sides
        self._conflicts = frozenset(conflicts)
        self._differing = frozenset(changed(door, merged, self.earlier))
        self._changes: dict[str, Changes] = {}
        self.tips = read_tips(door, self.later, own)
        self._moved = frozenset[str]()
        self.line = self._read_line()
        self.unexplained = untouched_by(self.line, self._differing)
        if self.unexplained:
            between = changed(door, self.later, self.earlier)
            self._moved = frozenset(path for path in between if between[path][1] == ABSENT)
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

    def _read_line(self) -> tuple[LineCommit, ...]:
        paths = self._differing | self._moved | self._conflicts
        return read_line(self.door, self.later, self.own, self.tips, paths)

    def _follow_moves(self) -> None:
        """Follow what own commits moved; git is asked only if a file with work in it vanished."""
        moves: dict[str, Mapping[str, str]] = {}
        for _ in range(MOVES):
            self.line = with_moves(self.line, moves)
            vanished = self._vanished()
            steps = [step for step in self.line if step.sha in vanished and step.sha not in moves]
            read = {step.sha: moved(self.door, step.parents[0], step.sha) for step in steps}
            places = {read[sha][path] for sha in read for path in vanished[sha] & read[sha].keys()}
            if more := places - self._differing - self._moved - self._conflicts:
                self._moved |= more
                self.line = self._read_line()
            moves |= read
            if not read:
                break

    def _vanished(self) -> dict[str, frozenset[str]]:
        """Return, by own commit, the files with work that seem to be gone since that commit."""
        back = returned(self.line)
        vanished: dict[str, frozenset[str]] = {}
        for step in self.line:
            lossy = self.lossy(back.get(step.sha, ()))
            paths = frozenset(path for path in lossy if step.changes[path][1] == ABSENT)
            if not step.brings and (paths or guessed(step)):
                vanished[step.sha] = paths
        return vanished

    @cached_property
    def threads(self) -> list[list[PathEvent]]:
        """What happened to each file that own commits moved, under all of its names."""
        return threads_of(self.line)

    @cached_property
    def trees(self) -> list[tuple[str, str]]:
        """The first-parent commits with their trees, newest first: the line, and as many before."""
        form = ("--no-commit-header", "--format=%H %T", f"--max-count={2 * SEARCHED}")
        done = self.door.run("rev-list", "--first-parent", *form, self.later, "--")
        pairs = (line.partition(" ") for line in done.text.split("\n") if line)
        return [(sha, tree) for sha, _, tree in pairs]

    def lossy(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths whose merged content differs from that of the earlier stage.

        A path that the earlier stage no longer has counts if another one differs that no commit of
        the line touched: git moved the content there, after a rename.
        """
        lossy = self._differing | self._moved
        differing = {path for path in paths if path in lossy}
        # If some differ, those that conflict count, too: a person may resolve them unaware of it.
        return tuple(sorted(differing | ({*paths} & self._conflicts if differing else set())))

    def step_of(self, sha: str) -> LineCommit | None:
        """Return the step of the line that brought an own commit; None if there is none."""
        return self._step_of.get(sha)

    def brought(self, step: LineCommit) -> tuple[StageCommit, ...]:
        """Return the stage's own commits that came with a step, itself too."""
        return self._brought[step.sha]

    def inner(self, step: LineCommit, named: Mapping[str, Reversal]) -> list[Reversal]:
        """Return those of the named reversals that came with a step."""
        return [named[commit.sha] for commit in self._brought[step.sha] if commit.sha in named]

    def is_accepted(self, step: LineCommit) -> bool:
        """Return whether a person accepted what a commit of the line reverted."""
        return any(commit.sha in self._accepted for commit in self._brought[step.sha])

    def changes_of(self, commit: StageCommit) -> Changes:
        """Return what a commit changed; nothing for a root commit."""
        if commit.sha not in self._changes:
            parents = commit.parents[:1]
            read = [changed(self.door, parent, commit.sha) for parent in parents]
            self._changes[commit.sha] = read[0] if read else {}
        return self._changes[commit.sha]

    def claimed_paths(self, step: LineCommit, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, among all that a step brought, that claim to revert.

        With `without_id`, without the commits that name one that the clone has. Never those that
        only revert the stage's own changes, such as a hotfix that was reverted and made again.
        """
        paths = set[str]()
        for commit in self._brought[step.sha]:
            if not says_revert(commit.message) or self._reverts_own(commit):
                continue
            spans = reverted_spans(commit.message)
            if not (without_id and any(commits_in(self.door, span) for span in spans)):
                paths |= self.changes_of(commit).keys()
        return paths

    def _reverts_own(self, commit: StageCommit) -> bool:
        """Return whether all that a commit names is, in the end, changes of the stage itself."""
        spans = reverted_spans(commit.message)
        named = {sha for span in spans for sha in commits_in(self.door, span)}
        return bool(named) and all(
            sha in self.own
            and (not says_revert(self.own[sha].message) or self._reverts_own(self.own[sha]))
            for sha in named
        )

    def reversal(
        self,
        commit: StageCommit,
        paths: tuple[str, ...],
        *,
        lost: int = 0,
        kind: Evidence = Evidence.NAMED,
    ) -> Reversal:
        """Return a commit as one that reverts work in these paths."""
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
