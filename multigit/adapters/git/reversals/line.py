"""The line of a stage: its first-parent commits, those of its own, and what these merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from multigit.adapters.git.changes import HEAD, MANY_PATHS, read_commits
from multigit.adapters.git.paths import literal
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.line import LineCommit
from multigit.core.lineage.revert_messages import ROLLS_BACK

SEARCHED = 1000  # first-parent commits, in which an earlier content is searched for


@dataclass(frozen=True, slots=True)
class StageCommit:
    """A commit that the stage has and the earlier one lacks; `time` is its commit date."""

    sha: str
    parents: tuple[str, ...]
    author: str
    message: str
    time: int = 0

    @property
    def subject(self) -> str:
        """Return the first line of its message."""
        return self.message.partition("\n")[0]


def read_own_commits(door: GitDoor, base: str, tip: str) -> dict[str, StageCommit]:
    """Return the commits of `tip` that `base` lacks, newest first."""
    done = door.run(
        *("log", "-z", "--topo-order", "--no-show-signature"),
        *("--format=%H%n%P%n%ct%n%an%n%B", tip, f"^{base}", "--"),
    )
    records = done.text.removesuffix("\0").split("\0") if done.text else []
    rows = (record.split("\n", 4) for record in records)
    return {
        sha: StageCommit(sha, tuple(parents.split()), author, message, int(time))
        for sha, parents, time, author, message in rows
    }


def has_restores(door: GitDoor, base: str, tip: str) -> bool:
    """Return whether a commit of the line of `tip` says that it restores an earlier one."""
    done = door.run(
        *("log", "--first-parent", "--max-count=1", "--format=%H", "--no-show-signature"),
        *(f"--grep=^{ROLLS_BACK}: ", tip, f"^{base}", "--"),
    )
    return bool(done.text.strip())


def read_tips(
    door: GitDoor, tip: str, own: Mapping[str, StageCommit]
) -> dict[str, tuple[str, ...]]:
    """Return, by merge of the line, the commits of the earlier stage that came with it.

    It may have merged them itself, or a branch that had merged them or began at them. Only for such
    a branch is git asked whether the line had them before.
    """
    line = []
    while tip in own:
        line.append(own[tip])
        tip = own[tip].parents[0] if own[tip].parents else ""
    visited, reached, tips = set[str](), {tip}, dict[str, tuple[str, ...]]()
    for commit in reversed(line):
        visited |= {commit.sha}
        earlier = _earlier(commit.parents[1:], own, visited)
        new = [
            sha
            for sha in earlier
            if sha not in reached
            and (sha in commit.parents or not _is_part_of(door, sha, commit.parents[0]))
        ]
        reached |= {*earlier}
        if new:
            tips[commit.sha] = tuple(new)
    return tips


def brought_by(
    line: Iterable[LineCommit], own: Mapping[str, StageCommit]
) -> dict[str, tuple[StageCommit, ...]]:
    """Return the stage's own commits by the commit of the line that brought them, itself too."""
    visited, by_step = set[str](), dict[str, tuple[StageCommit, ...]]()
    for step in line:
        brought, pending = list[StageCommit](), [step.sha]
        while pending:
            if (sha := pending.pop()) in own and sha not in visited:
                visited.add(sha)
                brought.append(own[sha])
                pending += own[sha].parents
        by_step[step.sha] = tuple(brought)
    return by_step


def _earlier(starts: Iterable[str], own: Mapping[str, StageCommit], visited: set[str]) -> list[str]:
    """Return the earlier stage's commits on which these build, through own ones not yet visited."""
    pending, earlier = [*starts], dict[str, None]()
    while pending:
        sha = pending.pop()
        if sha not in own:
            earlier[sha] = None
        elif sha not in visited:
            visited.add(sha)
            pending += own[sha].parents
    return [*earlier]


def _is_part_of(door: GitDoor, sha: str, tip: str) -> bool:
    return door.run("merge-base", "--is-ancestor", sha, tip, accept=(0, 1)).status == 0


def read_line(
    door: GitDoor,
    tip: str,
    own: Collection[str],
    tips: Mapping[str, tuple[str, ...]],
    paths: Collection[str],
) -> tuple[LineCommit, ...]:
    """Read the first-parent commits of `tip` and their changes to these paths, oldest first."""
    done = door.run(
        *("log", "-z", "--first-parent", "--sparse", f"--max-count={SEARCHED}", "--root"),
        *("--diff-merges=first-parent", "--raw", "--no-renames", "--ignore-submodules=none"),
        *("--no-abbrev", "--no-follow", "--no-show-signature", f"--format={HEAD}%H %P"),
        *(tip, "--"),
        *(literal(paths) if len(paths) <= MANY_PATHS else ()),
    )
    steps = list[LineCommit]()
    for head, changed in read_commits(done.fields()):
        sha, *parents = head.split()
        changes = {path: pair for path, pair in changed.items() if path in paths}
        brings = sha not in own or sha in tips
        steps.append(LineCommit(sha, tuple(parents), brings, changes, tips.get(sha, ())))
    return tuple(reversed(steps))
