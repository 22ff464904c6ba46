"""The line of a stage: its first-parent commits, its own ones among them, and what these merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from multigit.adapters.git.changes import MANY_PATHS, read_raw
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.line import Step

LOOK_BACK = 1000  # first-parent commits in which an earlier content is searched


@dataclass(frozen=True, slots=True)
class OwnCommit:
    """A commit that the stage has and the earlier one lacks."""

    sha: str
    parents: tuple[str, ...]
    author: str
    message: str

    @property
    def subject(self) -> str:
        """Return the first line of its message."""
        return self.message.partition("\n")[0]


def read_own_commits(door: GitDoor, base: str, tip: str) -> dict[str, OwnCommit]:
    """Return the commits of `tip` that `base` lacks, newest first."""
    done = door.run(
        *("log", "-z", "--topo-order", "--no-show-signature"),
        *("--format=%H%n%P%n%an%n%B", tip, f"^{base}", "--"),
    )
    records = done.text.removesuffix("\0").split("\0") if done.text else []
    rows = (record.split("\n", 3) for record in records)
    return {
        sha: OwnCommit(sha, tuple(parents.split()), author, message)
        for sha, parents, author, message in rows
    }


def read_tips(door: GitDoor, tip: str, own: Mapping[str, OwnCommit]) -> dict[str, tuple[str, ...]]:
    """Return by merge of the line the commits of the earlier stage that came with it.

    It may have merged them itself, or a branch on which they had been merged, or that began there.
    Only for such a branch git is asked whether the line had them before.
    """
    line = []
    while tip in own:
        line.append(own[tip])
        tip = own[tip].parents[0] if own[tip].parents else ""
    seen, had, found = set[str](), {tip}, dict[str, tuple[str, ...]]()
    for commit in reversed(line):
        seen |= {commit.sha}
        left = _left_at(commit.parents[1:], own, seen)
        fresh = [
            sha
            for sha in left
            if sha not in had
            and (sha in commit.parents or not _is_part_of(door, sha, commit.parents[0]))
        ]
        had |= {*left}
        if fresh:
            found[commit.sha] = tuple(fresh)
    return found


def brought_by(
    line: Iterable[Step], own: Mapping[str, OwnCommit]
) -> dict[str, tuple[OwnCommit, ...]]:
    """Return the stage's own commits by the commit of the line with which they came, itself too."""
    seen, found = set[str](), dict[str, tuple[OwnCommit, ...]]()
    for step in line:
        came, open_ = list[OwnCommit](), [step.sha]
        while open_:
            if (sha := open_.pop()) in own and sha not in seen:
                seen.add(sha)
                came.append(own[sha])
                open_ += own[sha].parents
        found[step.sha] = tuple(came)
    return found


def _left_at(starts: Iterable[str], own: Mapping[str, OwnCommit], seen: set[str]) -> list[str]:
    """Return where one leaves the stage's own commits that nobody has seen."""
    open_, left = [*starts], dict[str, None]()
    while open_:
        sha = open_.pop()
        if sha not in own:
            left[sha] = None
        elif sha not in seen:
            seen.add(sha)
            open_ += own[sha].parents
    return [*left]


def _is_part_of(door: GitDoor, sha: str, tip: str) -> bool:
    return door.run("merge-base", "--is-ancestor", sha, tip, accept=(0, 1)).status == 0


def read_line(
    door: GitDoor,
    tip: str,
    own: Collection[str],
    tips: Mapping[str, tuple[str, ...]],
    paths: Collection[str],
) -> tuple[Step, ...]:
    """Read the first-parent commits of `tip` and what they did to these paths, oldest first."""
    done = door.run(
        *("log", "-z", "--first-parent", "--sparse", f"--max-count={LOOK_BACK}", "--root"),
        *("--diff-merges=first-parent", "--raw", "--no-renames", "--ignore-submodules=none"),
        *("--no-abbrev", "--no-follow", "--no-show-signature", "--format=%x01%H %P"),
        *(tip, "--"),
        *(f":(top,literal){path}" for path in paths if len(paths) <= MANY_PATHS),
    )
    steps = list[Step]()
    for head, fields in _records(done.fields()):
        sha, *parents = head.split()
        changes = {path: pair for path, pair in read_raw(fields) if path in paths}
        brings = sha not in own or sha in tips
        steps.append(Step(sha, tuple(parents), brings, changes, tips.get(sha, ())))
    return tuple(reversed(steps))


def _records(fields: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each commit's own line, which begins with a mark, and the fields behind it."""
    head, rest, path_follows = "", list[str](), False
    for text in fields:
        field = text if path_follows else text.lstrip("\n")
        if field.startswith("\x01") and not path_follows:
            if head:
                yield head, rest
            head, rest = field[1:], []
        else:
            rest.append(field)
        path_follows = field.startswith(":") and not path_follows
    if head:
        yield head, rest
